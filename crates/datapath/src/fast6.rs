//! The fast path of IPv6: as that of IPv4, with a look-up more for each address that is read or changed. What changes the state
//! of a connection, goes to the other family or is neither TCP nor UDP is for the slow path.

use aya_ebpf::{
    bindings::{__sk_buff, BPF_F_PSEUDO_HDR, TC_ACT_SHOT},
    helpers::bpf_skb_pull_data,
    programs::TcContext,
};
use tables::{Flow, FlowKey, GATEWAY_MAC, Ipv6, Talk, is_ipv6, mac};

use crate::{
    clock,
    fast::{Segment, changes, charge, current},
    flow::ACK,
    ipv6::HEADER,
    maps::{FLOWS, IPV6, IPV6_ADDRESSES},
    parse::{ETHERTYPE_IPV6, TCP, UDP},
    rewrite::{check_field, replace, send},
    shift, summed,
    trip::{ETHERNET, Frame6, word},
};

/// Where the header after a plain IPv6 header starts.
const L4: u32 = ETHERNET + HEADER;

/// The headers of every packet that is taken here.
#[repr(C)]
struct Headers {
    frame: Frame6,
    /// The first eight bytes of TCP or UDP.
    l4: [u16; 4],
}

/// A whole TCP header.
#[repr(C)]
struct Tcp {
    front: Headers,
    rest: [u16; 6],
}

/// The verdict, or nothing if the packet is one for the slow path.
#[inline(never)]
pub(crate) fn forward(skb: *mut __sk_buff) -> i64 {
    match passed(&TcContext::new(skb)) {
        Some(verdict) => verdict as i64,
        None => SLOW,
    }
}

/// No verdict: a verdict fits 32 bits.
pub(crate) const SLOW: i64 = i64::MAX;

#[inline(always)]
fn passed(ctx: &TcContext) -> Option<i32> {
    let skb = ctx.skb.skb;
    let (mut data, mut end) = (ctx.data(), ctx.data_end());
    if data + size_of::<Headers>() > end {
        // SAFETY: a helper; the pointers are read anew.
        unsafe { bpf_skb_pull_data(skb, ctx.len().min(size_of::<Tcp>() as u32)) };
        (data, end) = (ctx.data(), ctx.data_end());
        if data + size_of::<Headers>() > end {
            return None;
        }
    }
    // SAFETY: the bounds were just checked; nothing invalidates packet pointers before the last use.
    let headers = unsafe { &mut *(data as *mut Headers) };
    let frame = &headers.frame;
    if frame.ethertype != ETHERTYPE_IPV6 || frame.version_class >> 4 != 6 {
        return None;
    }
    let (mut segment, mut check) = (Segment { flags: 0, ack: 0 }, &raw mut headers.l4[3]);
    let talk = match frame.next_header {
        TCP => {
            if data + size_of::<Tcp>() > end {
                return None;
            }
            // SAFETY: the bounds were just checked.
            let rest = unsafe { &mut (*(data as *mut Tcp)).rest };
            segment = Segment { flags: rest[2].to_be() as u8, ack: word([rest[0], rest[1]]) };
            check = &raw mut rest[4];
            Talk::Tcp
        }
        UDP => Talk::Udp,
        _ => return None,
    };
    let key = FlowKey {
        // SAFETY: the kernel passes a valid context.
        way: FlowKey::way(unsafe { (*skb).ifindex }, talk),
        // SAFETY: read at once.
        src: *unsafe { IPV6.get(&frame.src) }?,
        // SAFETY: read at once.
        dst: *unsafe { IPV6.get(&frame.dst) }?,
        sport: headers.l4[0],
        dport: headers.l4[1],
    };
    // SAFETY: a live entry; two CPUs may count at once, which costs a count at worst.
    let flow = unsafe { &mut *FLOWS.get_ptr_mut(&key)? };
    let clock = clock::now();
    let length = ctx.len();
    if !is_ipv6(flow.dst) || flow.is_quic() || changes(flow, segment.flags) {
        return None;
    }
    let (src, dst) = (changed(key.src, flow.src)?, changed(key.dst, flow.dst)?);
    if !shift::may(data + L4 as usize, end, flow) {
        return None;
    }
    if !current(flow, &frame.src_mac, frame.hop_limit, clock, length) {
        return None;
    }
    if segment.flags & ACK != 0 {
        flow.ack = segment.ack;
    }
    charge(flow, clock, length);
    let apart = shift::in_place(data + L4 as usize, end, flow)?;
    // SAFETY: it lies within the bounds that were checked for its protocol.
    Some(rewrite(skb, headers, unsafe { &mut *check }, flow, (src, dst), apart))
}

/// The address to write, if there is one; nothing if it is gone.
#[inline(always)]
fn changed(from: u32, to: u32) -> Option<Option<&'static Ipv6>> {
    if from == to {
        return Some(None);
    }
    // SAFETY: the program removes no addresses, and the agent's removals wait for running programs.
    Some(Some(unsafe { IPV6_ADDRESSES.get(to) }?))
}

#[inline(always)]
fn rewrite(
    skb: *mut __sk_buff,
    headers: &mut Headers,
    check: &mut u16,
    flow: &Flow,
    (src, dst): (Option<&Ipv6>, Option<&Ipv6>),
    apart: u32,
) -> i32 {
    let frame = &mut headers.frame;
    frame.dst_mac = flow.dst_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    if let Some(src) = src {
        frame.src = *src;
    }
    if let Some(dst) = dst {
        frame.dst = *dst;
    }
    frame.hop_limit -= flow.ttl_step();
    let protocol = frame.next_header;
    (headers.l4[0], headers.l4[1]) = (flow.sport, flow.dport);
    let (addresses, ports) = (flow.address_delta as u32, flow.port_delta as u32 + apart);
    if summed::apply(summed::summed(skb), check, protocol, addresses, ports) {
        return send(skb, flow.egress);
    }
    let (check, flags) = check_field(protocol);
    // Addresses apart from ports: a partial checksum covers only the pseudo-header.
    if addresses != 0 && !replace(skb, L4 + check, addresses, flags | BPF_F_PSEUDO_HDR as u64)
        || ports != 0 && !replace(skb, L4 + check, ports, flags)
    {
        return TC_ACT_SHOT;
    }
    send(skb, flow.egress)
}
