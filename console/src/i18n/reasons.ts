// Why packets are refused: by the names of the flow log, in words that say what to look at. Loaded with the pages that show them.
import type { Language } from "./index.tsx";

export const reasons: Record<string, readonly [string, string]> = {
  malformed: ["The packet is malformed.", "报文格式错误。"],
  ether_type: ["Only IPv4, IPv6 and ARP are carried.", "仅支持 IPv4、IPv6 和 ARP。"],
  ip_protocol: ["Only TCP, UDP and ICMP are carried.", "仅支持 TCP、UDP 和 ICMP。"],
  spoofed_mac: ["The source MAC address is not the interface's own.", "源 MAC 地址不属于该网卡。"],
  spoofed_address: ["The source address is not the interface's own.", "源 IP 地址不属于该网卡。"],
  unknown_port: ["The interface is just coming or going.", "网卡正在创建或删除。"],
  no_route: ["Nothing in the VPC has this address: check address and routes.", "专有网络中没有该地址：请检查地址和路由。"],
  egress_policy: ["A security group of the sender does not let it out: check its outbound rules.", "发送方安全组不允许：请检查出方向规则。"],
  ingress_policy: ["A security group of the receiver does not let it in: check its inbound rules.", "接收方安全组不允许：请检查入方向规则。"],
  endpoint_policy: ["A security group of the endpoint does not let it in: check its inbound rules.", "终端节点安全组不允许：请检查入方向规则。"],
  not_connected: ["The provider has not allowed the endpoint's connection.", "服务方尚未允许终端节点连接。"],
  no_listener: ["The NLB has no listener on this port.", "负载均衡在该端口上没有监听。"],
  no_server: ["The server group has no server to choose.", "服务器组没有可用的服务器。"],
  no_connection: ["There is no such connection, and this is not its first packet.", "连接不存在，且不是首个报文。"],
  flow_table_full: ["The host has no room for more connections.", "主机连接表已满。"],
  source_ports: ["No source port towards the server is free: add servers.", "到服务器的源端口已用尽：请添加服务器。"],
  ttl_expired: ["Its hop limit ran out.", "TTL 已耗尽。"],
  fragment: ["It is a fragment whose first fragment was not seen.", "未收到首个分片。"],
  icmp_error: ["It is an ICMP error about a packet that nobody sent.", "ICMP 差错与已知连接无关。"],
  rewrite: ["The packet could not be rewritten.", "报文无法改写。"],
  server_gone: ["The server has left its group, or fails its health check.", "服务器已移出服务器组，或健康检查失败。"],
  multicast: ["Broadcast and multicast are not carried.", "不支持广播和组播。"],
  no_policy: ["The interface has no policy yet.", "网卡尚无安全策略。"],
  balancer_policy: ["A security group of the NLB does not let it in: check its inbound rules.", "负载均衡安全组不允许：请检查入方向规则。"],
  rerouted: ["The connection goes to another next hop by now.", "连接已转发到其他下一跳。"],
  limited: ["The endpoint connection is at its bandwidth.", "终端节点连接已达带宽上限。"],
  replaced: ["The resource that served the connection was replaced.", "服务资源已被替换。"],
  new_connections: ["The listener has as many new connections a second as it may.", "监听已达每秒新建连接上限。"],
  other_family: ["It cannot be said in the other IP version: options, ICMP, or no checksum.", "无法转换为另一 IP 版本：选项、ICMP 或无校验和。"],
  other_side: ["The other side does not let it pass; its rules are its own.", "对端不允许；其规则不可见。"],
};

/** A reason in words, or its name where a newer server knows more of them. */
export function because(language: Language, reason: string): string {
  return reasons[reason]?.[language === "en" ? 0 : 1] ?? reason;
}
