//! Asynchronous jobs: done when every host has made true what was asked for.

use model::id::JobId;
use model::records::Job;
use model::tables::Kind;
use model::words::Words;
use serde_json::{Value, json};

use crate::actions::call::required_id;
use crate::actions::{Action, Call, refusal, works};
use crate::rpc::{ApiError, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::read(Product::Nlb, "GetJobStatus", &[works("JobId")], get),
    Action::read(Product::Nlb, "ListAsynJobs", &[works("JobIds")], list),
];

fn get(call: &Call) -> Result<Value, ApiError> {
    let id: JobId = required_id(&call.params, "JobId")?;
    let job = owned(call, &id).ok_or_else(|| refusal::not_found(Product::Nlb, Kind::Job, id.as_str()))?;
    Ok(json!({ "Status": call.view.status().job(job).status.word() }))
}

fn owned<'a>(call: &'a Call, id: &JobId) -> Option<&'a Job> {
    call.view.state.get::<Job>(id).map(AsRef::as_ref).filter(|job| job.owner == call.account)
}

fn list(call: &Call) -> Result<Value, ApiError> {
    let ids = call.params.texts("JobIds")?;
    let found: Vec<&Job> = if ids.is_empty() {
        let all = call.view.state.tables().jobs.values().map(AsRef::as_ref);
        all.filter(|job| job.owner == call.account).collect()
    } else {
        ids.iter().filter_map(|id| owned(call, &id.parse().ok()?)).collect()
    };
    let show = |job: &Job| {
        let status = call.view.status().job(job).status.word();
        json!({ "Id": job.id.as_str(), "Status": status })
    };
    let jobs: Vec<Value> = found.into_iter().map(show).collect();
    Ok(json!({ "TotalCount": jobs.len().to_string(), "Jobs": jobs }))
}
