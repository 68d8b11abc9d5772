//! What lists show, against the rows of the model.

use model::id::AccountId;
use model::state::State;
use model::tables::Resource;
use serde_json::Value;

use super::cloud::Cloud;
use crate::rpc::Product::{self, Ecs, Nlb, Privatelink, Vpc};

/// A list: its action, how many it shows at most, where the items are, what they are called by, and which there should be.
struct List {
    product: Product,
    action: &'static str,
    size: (&'static str, &'static str),
    items: &'static str,
    id: &'static str,
    expected: fn(&State, AccountId) -> Vec<String>,
}

fn owned<T: Resource<Key: 'static> + 'static>(state: &State, account: AccountId) -> Vec<String> {
    let rows = T::table(state.tables()).values().filter(|row| row.meta().owner == account);
    rows.map(|row| row.key().to_string()).collect()
}

const BY_NUMBER: (&str, &str) = ("PageSize", "50");
const BY_TOKEN: (&str, &str) = ("MaxResults", "100");

macro_rules! lists {
    ($($product:ident $action:literal by $size:ident $items:literal $id:literal $row:ty;)*) => {
        &[$(List {
            product: $product,
            action: $action,
            size: $size,
            items: $items,
            id: $id,
            expected: owned::<$row>,
        }),*]
    };
}

const LISTS: &[List] = lists! {
    Vpc "DescribeVpcs" by BY_NUMBER "/Vpcs/Vpc" "VpcId" model::vpc::Vpc;
    Vpc "DescribeVSwitches" by BY_NUMBER "/VSwitches/VSwitch" "VSwitchId" model::vpc::VSwitch;
    Vpc "DescribeRouteTableList" by BY_NUMBER "/RouterTableList/RouterTableListType" "RouteTableId" model::route::RouteTable;
    Ecs "DescribeInstances" by BY_TOKEN "/Instances/Instance" "InstanceId" model::instance::Instance;
    Ecs "DescribeNetworkInterfaces" by BY_TOKEN "/NetworkInterfaceSets/NetworkInterfaceSet" "NetworkInterfaceId" model::instance::Eni;
    Ecs "DescribeSecurityGroups" by BY_TOKEN "/SecurityGroups/SecurityGroup" "SecurityGroupId" model::security::SecurityGroup;
    Nlb "ListLoadBalancers" by BY_TOKEN "/LoadBalancers" "LoadBalancerId" model::nlb::LoadBalancer;
    Nlb "ListServerGroups" by BY_TOKEN "/ServerGroups" "ServerGroupId" model::nlb::ServerGroup;
    Nlb "ListListeners" by BY_TOKEN "/Listeners" "ListenerId" model::nlb::Listener;
    Nlb "ListSecurityPolicy" by BY_TOKEN "/SecurityPolicies" "SecurityPolicyId" model::tls::SecurityPolicy;
    Privatelink "ListVpcEndpointServices" by BY_TOKEN "/Services" "ServiceId" model::service::EndpointService;
    Privatelink "ListVpcEndpoints" by BY_TOKEN "/Endpoints" "EndpointId" model::endpoint::Endpoint;
};

/// One of the lists shows what the model has: nothing else, nothing less, nothing twice.
pub(super) async fn same_lists(cloud: &Cloud, model: &State, account: AccountId, choice: usize) {
    let list = &LISTS[choice % LISTS.len()];
    let answer = cloud.call(list.product, list.action, &[list.size]).await;
    let items = answer.pointer(list.items).and_then(Value::as_array).unwrap();
    let shown: Vec<&str> = items.iter().map(|item| item[list.id].as_str().unwrap()).collect();
    let mut expected = (list.expected)(model, account);
    // The VPC product also lists routers' own tables, which are part of their VPC.
    if list.action == "DescribeRouteTableList" {
        expected.retain(|id| shown.contains(&id.as_str()));
    }
    let mut sorted = shown.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected, "{}", list.action);
}
