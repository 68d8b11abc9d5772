// Why packets are refused: by the names of the flow log, in words that say what to look at, and as the data plane says it in a
// trace. Loaded with the pages that show them.
import type { Language } from "./index.tsx";

export const reasons: Record<string, readonly [english: string, chinese: string, told: string]> = {
  malformed: ["The packet is malformed.", "报文格式错误。", "malformed packet"],
  ether_type: ["Only IPv4, IPv6 and ARP are carried.", "仅支持 IPv4、IPv6 和 ARP。", "protocol is not carried (only IPv4, IPv6 and ARP)"],
  ip_protocol: ["Only TCP, UDP and ICMP are carried.", "仅支持 TCP、UDP 和 ICMP。", "IP protocol is not carried (only TCP, UDP and ICMP)"],
  spoofed_mac: ["The source MAC address is not the interface's own.", "源 MAC 地址不属于该网卡。", "source MAC address is not the port's own"],
  spoofed_address: ["The source address is not the interface's own.", "源 IP 地址不属于该网卡。", "source address is not the port's own"],
  unknown_port: ["The interface is just coming or going.", "网卡正在创建或删除。", "interface is not in the plan"],
  no_route: ["Nothing in the VPC has this address: check address and routes.", "专有网络中没有该地址：请检查地址和路由。", "no such destination in this network"],
  egress_policy: ["A security group of the sender does not let it out: check its outbound rules.", "发送方安全组不允许：请检查出方向规则。", "security group of the sender does not let it out"],
  ingress_policy: ["A security group of the receiver does not let it in: check its inbound rules.", "接收方安全组不允许：请检查入方向规则。", "security group of the receiver does not let it in"],
  endpoint_policy: ["A security group of the endpoint does not let it in: check its inbound rules.", "终端节点安全组不允许：请检查入方向规则。", "security group of the endpoint does not let it in"],
  not_connected: ["The provider has not allowed the endpoint's connection.", "服务方尚未允许终端节点连接。", "endpoint connection is not accepted"],
  no_listener: ["The NLB has no listener on this port.", "负载均衡在该端口上没有监听。", "no listener on that port"],
  no_server: ["The server group has no server to choose.", "服务器组没有可用的服务器。", "server group has no server"],
  no_connection: ["There is no such connection, and this is not its first packet.", "连接不存在，且不是首个报文。", "not the first packet of a connection, and no such connection"],
  flow_table_full: ["The host has no room for more connections.", "主机连接表已满。", "flow table is full"],
  source_ports: ["No source port towards the server is free: add servers.", "到服务器的源端口已用尽：请添加服务器。", "no free source port towards the server"],
  ttl_expired: ["Its hop limit ran out.", "TTL 已耗尽。", "TTL expired"],
  fragment: ["It is a fragment whose first fragment was not seen.", "未收到首个分片。", "fragment without its first fragment"],
  icmp_error: ["It is an ICMP error about a packet that nobody sent.", "ICMP 差错与已知连接无关。", "ICMP error about an unknown flow"],
  rewrite: ["The packet could not be rewritten.", "报文无法改写。", "packet could not be rewritten"],
  server_gone: ["The server has left its group, or fails its health check.", "服务器已移出服务器组，或健康检查失败。", "server was removed from its group, or fails its health check"],
  multicast: ["Broadcast and multicast are not carried.", "不支持广播和组播。", "broadcast and multicast are not carried"],
  no_policy: ["The interface has no policy yet.", "网卡尚无安全策略。", "no policy for this port"],
  balancer_policy: ["A security group of the NLB does not let it in: check its inbound rules.", "负载均衡安全组不允许：请检查入方向规则。", "security group of the load balancer does not let it in"],
  rerouted: ["The connection goes to another next hop by now.", "连接已转发到其他下一跳。", "the connection goes to another next hop by now"],
  limited: ["The endpoint connection is at its bandwidth.", "终端节点连接已达带宽上限。", "endpoint connection is at its bandwidth"],
  replaced: ["The resource that served the connection was replaced.", "服务资源已被替换。", "the resource that served the connection was replaced"],
  new_connections: ["The listener has as many new connections a second as it may.", "监听已达每秒新建连接上限。", "too many new connections a second for the listener"],
  other_family: ["It cannot be said in the other IP version: options, ICMP, or no checksum.", "无法转换为另一 IP 版本：选项、ICMP 或无校验和。", "cannot be said in the other IP version (options, ICMP, no checksum)"],
  reverse_policy: ["A security group of the Reverse endpoint does not let it out: check its outbound rules.", "反向终端节点安全组不允许：请检查出方向规则。", "security group of the reverse endpoint does not let it out"],
  early_data: ["There are data before the PROXY protocol's header: in the SYN (turn TCP Fast Open off), or numbered out of place.", "数据先于 PROXY 协议头：位于 SYN 报文中（请关闭 TCP 快速打开），或序号不当。", "data in a SYN or out of place, before the server is told who the client is"],
  other_side: ["The other side does not let it pass; its rules are its own.", "对端不允许；其规则不可见。", "the other side does not let it pass"],
};

/** A reason in words, or its name where a newer server knows more of them. */
export function because(language: Language, reason: string): string {
  return reasons[reason]?.[language === "en" ? 0 : 1] ?? reason;
}
