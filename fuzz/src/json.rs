//! Lists and objects in one JSON text.

#![no_main]

use control::rpc::{Params, Product};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let text = String::from_utf8_lossy(text);
    let params = Params::new(Product::Nlb, [("It", text.as_ref())].into_iter());
    let (list, object) = (params.list("It"), params.object("It"));
    assert_eq!(list.is_ok(), object.is_ok(), "what is a structure is one for both");
    for item in list.unwrap_or_default() {
        let _ = (item.own_text(), item.flat(&[]), item.list("It"), item.object("It").map(|it| it.flat(&[])));
    }
});
