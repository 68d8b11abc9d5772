//! Why a packet was dropped: one numbered list, shared by the kernel program, the counters, the status page and the
//! documentation. Numbers are never reused.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// Why a packet was dropped.
        #[repr(u32)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DropReason { $($(#[$doc])* $name = $number,)* }

        impl DropReason {
            /// Every reason, by number.
            pub const ALL: &[DropReason] = &[$(DropReason::$name,)*];

            /// The reason with this number.
            pub fn from_number(number: u32) -> Option<DropReason> {
                match number { $($number => Some(DropReason::$name),)* _ => None }
            }

            /// What a person reads.
            pub const fn text(self) -> &'static str {
                match self { $(DropReason::$name => $text,)* }
            }
        }
    };
}

reasons! {
    /// Shorter than its headers say, or not a version or length that IP allows.
    Malformed = 1, "malformed packet";
    /// Neither IPv4, IPv6 nor ARP.
    EtherType = 2, "protocol is not carried (only IPv4, IPv6 and ARP)";
    /// An IP protocol other than TCP, UDP and ICMP.
    IpProtocol = 3, "IP protocol is not carried (only TCP, UDP and ICMP)";
    /// The source MAC is not the port's.
    SpoofedMac = 4, "source MAC address is not the port's own";
    /// The source address is not the port's.
    SpoofedAddress = 5, "source address is not the port's own";
    /// The interface is not in the plan.
    UnknownPort = 6, "interface is not in the plan";
    /// Nothing in the network has the destination address.
    NoRoute = 7, "no such destination in this network";
    /// A security group of the sender forbids it.
    EgressPolicy = 8, "security group of the sender does not let it out";
    /// A security group of the receiver forbids it.
    IngressPolicy = 9, "security group of the receiver does not let it in";
    /// A security group of the endpoint forbids it.
    EndpointPolicy = 10, "security group of the endpoint does not let it in";
    /// The provider has not accepted the endpoint's connection, or has revoked it.
    NotConnected = 11, "endpoint connection is not accepted";
    /// The NLB has no listener on that port.
    NoListener = 12, "no listener on that port";
    /// The listener's server group has no server to choose.
    NoServer = 13, "server group has no server";
    /// A TCP packet without SYN that belongs to no known connection.
    NoConnection = 14, "not the first packet of a connection, and no such connection";
    /// No room in the flow table.
    FlowTableFull = 15, "flow table is full";
    /// No free source port towards the server.
    SourcePorts = 16, "no free source port towards the server";
    /// The hop limit ran out.
    TtlExpired = 17, "TTL expired";
    /// A fragment whose first fragment was not seen.
    Fragment = 18, "fragment without its first fragment";
    /// An ICMP error about a packet that nobody sent.
    IcmpError = 19, "ICMP error about an unknown flow";
    /// The packet could not be rewritten.
    Rewrite = 20, "packet could not be rewritten";
    /// The flow's server was removed, or fails its health check.
    ServerGone = 21, "server was removed from its group, or fails its health check";
    /// Broadcast and multicast are not carried.
    Multicast = 22, "broadcast and multicast are not carried";
    /// A port that has no policy: fail closed.
    NoPolicy = 23, "no policy for this port";
    /// A security group of the NLB forbids it.
    BalancerPolicy = 24, "security group of the load balancer does not let it in";
    /// The reply of a next hop that the flow no longer goes to.
    Rerouted = 25, "the connection goes to another next hop by now";
    /// The connection of the endpoint is at its bandwidth.
    Limited = 26, "endpoint connection is at its bandwidth";
    /// Another resource serves the endpoint's zone, and the one that had the flow was let go.
    Replaced = 27, "the resource that served the connection was replaced";
    /// The listener, or its load balancer, has as many new connections a second as it may.
    NewConnections = 28, "too many new connections a second for the listener";
    /// IPv4 and IPv6 do not say the same of fragments, options and ICMP.
    OtherFamily = 29, "cannot be said in the other IP version (options, ICMP, no checksum)";
    /// A security group of a Reverse endpoint does not let the connection out to the server.
    ReversePolicy = 30, "security group of the reverse endpoint does not let it out";
    /// For a server that has not got the PROXY protocol's header: it might take these data for it, or for what comes before.
    EarlyData = 31, "data in a SYN or out of place, before the server is told who the client is";
}

const _: () = {
    let mut i = 0;
    while i < DropReason::ALL.len() {
        assert!(DropReason::ALL[i] as usize == i + 1);
        i += 1;
    }
};
