//! Events: what becomes of connections. The program writes them into the ring `EVENTS`, the agent reads them.

use crate::{Counter, Flow, FlowKey};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What became of a connection.
        #[repr(u8)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $($(#[$doc])* $name = $number,)* }

        impl EventKind {
            /// Every kind, by number.
            pub const ALL: &[EventKind] = &[$(EventKind::$name,)*];

            /// The kind with this number.
            pub fn from_number(number: u8) -> Option<EventKind> {
                match number { $($number => Some(EventKind::$name),)* _ => None }
            }

            /// One word, as people write and read it.
            pub const fn text(self) -> &'static str {
                match self { $(EventKind::$name => $text,)* }
            }
        }
    };
}

kinds! {
    /// Its first packet was let through.
    New = 1, "new";
    /// Both sides have said that they are done.
    Closed = 2, "closed";
    /// Its first packet was refused, or it was judged again and a rule refused it: the reason says why.
    Denied = 3, "denied";
    /// One side has reset it; with a reason, it was ended because what it went through or to is gone.
    Reset = 4, "reset";
    /// Nobody has used it for longer than its idle time.
    Expired = 5, "expired";
}

/// One event.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// `CLOCK_MONOTONIC`, ns.
    pub time: u64,
    /// The connection as its client asked for it.
    pub key: FlowKey,
    /// The same after translation.
    pub src: u32,
    pub dst: u32,
    pub sport: u16,
    pub dport: u16,
    /// Interface index of the port that the client's packets leave through; 0 = not known by then.
    pub egress: u32,
    /// Dense ids, 0 = none.
    pub listener: u32,
    pub server: u32,
    pub endpoint: u32,
    /// Zonal address of the NLB that an endpoint led to, when it was refused there.
    pub vip: u32,
    /// An [`EventKind`].
    pub kind: u8,
    /// A [`crate::DropReason`]; 0 = none.
    pub reason: u8,
    pub pad: [u8; 6],
    /// What the client has sent until then.
    pub sent: Counter,
    /// What it has received.
    pub received: Counter,
}

impl Event {
    /// What happened to the connection that `key` and `flow` are one entry of, and `pair` the other.
    pub fn of(kind: EventKind, time: u64, key: &FlowKey, flow: &Flow, pair: &Flow) -> Event {
        let nothing = Counter { packets: 0, bytes: 0 };
        let mut event = Event {
            time: 0,
            key: *key,
            src: 0,
            dst: 0,
            sport: 0,
            dport: 0,
            egress: 0,
            listener: 0,
            server: 0,
            endpoint: 0,
            vip: 0,
            kind: 0,
            reason: 0,
            pad: [0; 6],
            sent: nothing,
            received: nothing,
        };
        event.tell(kind, time, key, flow, pair);
        event
    }

    /// Says something about the connection that `key` and `flow` are one entry of, and `pair` the other.
    #[inline(always)]
    pub fn tell(&mut self, kind: EventKind, time: u64, key: &FlowKey, flow: &Flow, pair: &Flow) {
        let (forward, reverse) = if flow.is_reply() { (pair, flow) } else { (flow, pair) };
        self.key = if flow.is_reply() { key.paired(flow) } else { *key };
        self.time = time;
        self.kind = kind as u8;
        self.reason = 0;
        self.pad = [0; 6];
        self.vip = 0;
        self.translated(forward);
        self.sent = Counter { packets: forward.packets, bytes: forward.bytes };
        self.received = Counter { packets: reverse.packets, bytes: reverse.bytes };
    }

    /// Where the forward entry leads.
    #[inline(always)]
    pub fn translated(&mut self, forward: &Flow) {
        self.src = forward.src;
        self.dst = forward.dst;
        self.sport = forward.sport;
        self.dport = forward.dport;
        self.egress = forward.egress;
        self.listener = forward.listener;
        self.server = forward.server;
        self.endpoint = forward.endpoint;
    }
}

const _: () = assert!(size_of::<Event>() == 96);
