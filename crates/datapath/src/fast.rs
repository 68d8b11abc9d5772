//! The fast path: a packet of a known flow with plain headers. One look-up, rewrite in place, redirect; a second look-up
//! only for the few packets that change the state of a connection.

use aya_ebpf::{
    bindings::{__sk_buff, BPF_F_PSEUDO_HDR, TC_ACT_SHOT},
    helpers::bpf_skb_pull_data,
    programs::TcContext,
};
use tables::{Clock, Flow, FlowKey, FlowState, GATEWAY_MAC, Mac, Purpose, Talk, checksum, is_ipv6, mac};

use crate::{
    clock, event,
    flow::{ACK, FIN, RST, SYN, advance},
    limit,
    maps::FLOWS,
    parse::{ETHERTYPE_IPV4, FRAGMENTED, ICMP, TCP, UDP},
    quic,
    report::count,
    rewrite::{check_field, replace, send, ttl_delta},
    shift, summed,
    trip::{ETHERNET, Frame, epoch, halves, word},
};

/// Where the header after a plain IPv4 header starts.
const L4: u32 = ETHERNET + 20;

/// The headers of every packet that is taken here.
#[repr(C)]
struct Headers {
    frame: Frame,
    /// The first eight bytes of TCP, UDP or ICMP.
    l4: [u16; 4],
}

/// A whole TCP header.
#[repr(C)]
struct Tcp {
    front: Headers,
    rest: [u16; 6],
}

/// What a TCP header says that its flow follows; of other protocols nothing.
pub(crate) struct Segment {
    pub flags: u8,
    pub ack: u32,
}

/// The verdict, or nothing if the packet is one for the slow path, as all that goes to the other family is.
#[inline(always)]
pub(crate) fn forward(ctx: &TcContext) -> Option<i32> {
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
    if frame.ethertype != ETHERTYPE_IPV4 || frame.version_ihl != 0x45 || frame.fragment & FRAGMENTED != 0 {
        return None;
    }
    let (mut sport, mut dport) = (headers.l4[0], headers.l4[1]);
    let (mut segment, mut check) = (Segment { flags: 0, ack: 0 }, &raw mut headers.l4[3]);
    let talk = match frame.protocol {
        TCP => {
            if data + size_of::<Tcp>() > end {
                return None;
            }
            // SAFETY: the bounds were just checked.
            let rest = unsafe { &mut (*(data as *mut Tcp)).rest };
            segment = Segment { flags: rest[2].to_be() as u8, ack: word([rest[0], rest[1]]) };
            check = &raw mut rest[4];
            if segment.flags & (SYN | ACK) == SYN {
                return None;
            }
            Talk::Tcp
        }
        UDP => Talk::Udp,
        ICMP => {
            check = &raw mut headers.l4[1];
            sport = headers.l4[2];
            dport = sport;
            Talk::of(ICMP, headers.l4[0] as u8)?
        }
        _ => return None,
    };
    let key = FlowKey {
        // SAFETY: the kernel passes a valid context.
        way: FlowKey::way(unsafe { (*skb).ifindex }, talk),
        src: word(frame.src),
        dst: word(frame.dst),
        sport,
        dport,
    };
    // SAFETY: a live entry; two CPUs may count at once, which costs a count at worst.
    let flow = unsafe { &mut *FLOWS.get_ptr_mut(&key)? };
    let clock = clock::now();
    let length = ctx.len();
    if is_ipv6(flow.dst)
        || !current(flow, &frame.src_mac, frame.ttl, clock, length)
        || tells(flow, data, end)
        || !shift::may(data + L4 as usize, end, flow)
        || !follow(&key, flow, &segment, clock, length)
    {
        return None;
    }
    let apart = shift::in_place(data + L4 as usize, end, flow)?;
    // SAFETY: it lies within the bounds that were checked for its protocol.
    Some(rewrite(skb, headers, unsafe { &mut *check }, flow, apart))
}

/// Whether the flow may be followed as it stands, and its connection has room. One that was idle for too long may still
/// live by its other entry: the slow path looks.
#[inline(always)]
pub(crate) fn current(flow: &Flow, src_mac: &Mac, ttl: u8, clock: Clock, length: u32) -> bool {
    flow.epoch == epoch()
        && !flow.idle(clock)
        && *src_mac == flow.src_mac
        && ttl > flow.ttl_step()
        && (!flow.is_limited() || limit::admits(flow, length))
}

/// Counts the packet and follows its connection; false if the slow path is to do both.
#[inline(always)]
fn follow(key: &FlowKey, flow: &mut Flow, segment: &Segment, clock: Clock, length: u32) -> bool {
    if segment.flags & ACK != 0 {
        flow.ack = segment.ack;
    }
    if changes(flow, segment.flags) {
        return change(key, flow, segment.flags, clock, length);
    }
    charge(flow, clock, length);
    true
}

/// Counts the packet, for its flow and for the whole host.
#[inline(always)]
pub(crate) fn charge(flow: &mut Flow, clock: Clock, length: u32) {
    flow.last_seen = clock.now;
    flow.packets += 1;
    flow.bytes += length as u64;
    count(Purpose::Forwarded, length);
}

/// Whether a datagram of QUIC has a long header, in which a server gives its connection an id.
#[inline(always)]
fn tells(flow: &Flow, data: usize, end: usize) -> bool {
    let payload = data + size_of::<Headers>();
    flow.is_quic()
        && payload < end
        // SAFETY: the bounds were just checked.
        && unsafe { *(payload as *const u8) } & quic::LONG != 0
}

/// Whether the packet may change the state of its connection, or announces a longest segment.
#[inline(always)]
pub(crate) fn changes(flow: &Flow, tcp_flags: u8) -> bool {
    tcp_flags & (FIN | RST | SYN) != 0 || !flow.is(FlowState::Established)
}

/// Changes the state in both entries; false if the other one is missing, or the packet announces a longest segment.
#[inline(never)]
fn change(key: &FlowKey, flow: &mut Flow, tcp_flags: u8, clock: Clock, length: u32) -> bool {
    if tcp_flags & SYN != 0 && flow.mss != 0 {
        return false;
    }
    let Some(pair) = FLOWS.get_ptr_mut(&key.paired(flow)) else { return false };
    // SAFETY: another live entry: no key is its own pair, see `pair::take`.
    let pair = unsafe { &mut *pair };
    // First of all: what is told at the end of a connection is everything that it has carried.
    charge(flow, clock, length);
    let told = flow.ended();
    advance(flow, pair, tcp_flags);
    event::ended(told, key, flow, pair);
    true
}

#[inline(always)]
fn rewrite(skb: *mut __sk_buff, headers: &mut Headers, check: &mut u16, flow: &Flow, apart: u32) -> i32 {
    let frame = &mut headers.frame;
    let protocol = frame.protocol;
    frame.dst_mac = flow.dst_mac;
    frame.src_mac = mac(GATEWAY_MAC);
    frame.src = halves(flow.src);
    frame.dst = halves(flow.dst);
    frame.ttl -= flow.ttl_step();
    frame.check = checksum::apply(frame.check, flow.address_delta as u32 + ttl_delta(flow.ttl_step()));
    if protocol == ICMP {
        headers.l4[2] = flow.sport;
    } else {
        headers.l4[0] = flow.sport;
        headers.l4[1] = flow.dport;
    }
    let (addresses, ports) = (flow.address_delta as u32, flow.port_delta as u32 + apart);
    if summed::apply(summed::summed(skb), check, protocol, addresses, ports) {
        return send(skb, flow.egress);
    }
    let (check, flags) = check_field(protocol);
    // Addresses apart from ports: a partial checksum covers only the pseudo-header.
    if addresses != 0
        && protocol != ICMP
        && !replace(skb, L4 + check, addresses, flags | BPF_F_PSEUDO_HDR as u64)
        || ports != 0 && !replace(skb, L4 + check, ports, flags)
    {
        return TC_ACT_SHOT;
    }
    send(skb, flow.egress)
}
