//! What no file may say: unfinished work, and things of one machine.

use anyhow::Result;

use super::source::files;

/// Words, cut in two so that this list does not find itself.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("TO", "DO", "finish it, or open an issue"),
    ("FIX", "ME", "mend it, or open an issue"),
    ("todo", "!(", "finish it"),
    ("unimple", "mented!(", "finish it"),
    ("dbg", "!(", "left over from a search"),
    ("allow(dead", "_code", "delete what nobody uses"),
    ("/wo", "rk/", "a path of one machine"),
    ("/ro", "ot/.", "a path of one machine"),
    ("/ho", "me/", "a path of one machine"),
    ("index.", "crates.io", "cargo knows its registry"),
    ("static.", "crates.io", "cargo knows its registry"),
    ("py", "pi.org", "pip knows its registry"),
    ("registry.", "npmjs", "npm knows its registry"),
];

/// Machine-made or taken over word for word.
const EXEMPT: &[&str] = &["Cargo.lock", "LICENSE"];

/// Every forbidden word in every text file.
pub(crate) fn breaches() -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for path in files()?.iter().filter(|path| !EXEMPT.contains(&path.as_str())) {
        // Not text: a kernel object or a picture.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for (number, line) in text.lines().enumerate() {
            let found = FORBIDDEN.iter().filter(|(head, tail, _)| line.contains(&format!("{head}{tail}")));
            breaches
                .extend(found.map(|(head, tail, why)| format!("{path}:{}: {head}{tail}: {why}", number + 1)));
        }
    }
    Ok(breaches)
}
