//! What user space may read and write as plain bytes.

use crate::*;

macro_rules! pods {
    ($($name:ident)*) => {
        // SAFETY: `repr(C)`, integers only, every padding byte is a named field: any bytes are a value.
        $(unsafe impl aya::Pod for $name {})*
    };
}

pods! {
    Address AddressKey Carried CarriedKey Counter DropKey Event Flow FlowKey Fragment FragmentKey Header HeaderKey Ipv6 Limit Listener ListenerAt ListenerPrefix MemberKey Policy Port
    Load Locals LocalsKey QuicId Rate RateKey RouteAt RoutePrefix Rule Server TurnKey
}
