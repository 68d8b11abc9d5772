//! The thread that commits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use model::command::Env;
use model::records::Token;
use model::state::State;
use model::tables::Change;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::{Job, StoreFailure, Submission, SubmitError, rows};
use crate::store::{CommitError, Edit, Store};
use crate::tally::Tally;

/// Commands that share a transaction, at most: it bounds how long the first of them waits.
const GROUP: usize = 256;

pub(super) struct Committer {
    store: Box<dyn Store>,
    state: Arc<State>,
    published: watch::Sender<Arc<State>>,
    tally: Arc<Tally>,
    /// A commit failed: only the store knows whether it happened.
    doubtful: bool,
}

/// Commands applied on each other, not yet durable.
struct Draft {
    state: Arc<State>,
    edits: Vec<Edit>,
    /// Commands that changed something.
    commands: usize,
}

impl Committer {
    pub(super) fn load(
        mut store: Box<dyn Store>,
        tally: Arc<Tally>,
    ) -> Result<(Self, watch::Receiver<Arc<State>>), StoreFailure> {
        let state = Arc::new(rows::decode(store.load()?)?);
        let (published, watcher) = watch::channel(state.clone());
        Ok((Self { store, state, published, tally, doubtful: false }, watcher))
    }

    /// Commits until nobody can ask any more.
    pub(super) fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP {
                let Ok(job) = waiting.try_recv() else { break };
                group.push(job);
            }
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<Job>) {
        let answers = match self.commit_together(&group) {
            Ok(answers) => answers,
            Err(failure) => {
                self.tally.commit_failed();
                tracing::error!(error = &failure as &dyn std::error::Error, "a commit failed");
                vec![Err(SubmitError::Store(Arc::new(failure))); group.len()]
            }
        };
        for (job, answer) in group.into_iter().zip(answers) {
            // A caller that no longer waits needs no answer: the commit stands all the same.
            let _ = job.reply.send(answer);
        }
    }

    /// The answer for each: all of them hold, or the store failed and none does.
    fn commit_together(&mut self, group: &[Job]) -> Result<Vec<Result<Value, SubmitError>>, StoreFailure> {
        loop {
            self.settle()?;
            let mut draft = Draft { state: self.state.clone(), edits: Vec::new(), commands: 0 };
            let answers = group.iter().map(|job| draft.judge(&job.submission)).collect();
            if draft.edits.is_empty() {
                return Ok(answers);
            }
            self.doubtful = true;
            let begin = Instant::now();
            match self.store.commit(self.state.revision(), draft.state.revision(), &draft.edits) {
                Ok(()) => {
                    self.doubtful = false;
                    self.tally.committed(draft.commands, begin.elapsed());
                    self.publish(draft.state);
                    return Ok(answers);
                }
                // Somebody else committed: the same commands are judged again on what is there now.
                Err(CommitError::Beaten { .. }) => {}
                Err(failed @ CommitError::Failed(_)) => return Err(failed.into()),
            }
        }
    }

    /// After a failure, learns from the store what holds.
    fn settle(&mut self) -> Result<(), StoreFailure> {
        if self.doubtful {
            let state = rows::decode(self.store.load()?)?;
            self.doubtful = false;
            if state.revision() != self.state.revision() {
                self.publish(Arc::new(state));
            }
        }
        Ok(())
    }

    fn publish(&mut self, state: Arc<State>) {
        self.state = state;
        self.published.send_replace(self.state.clone());
    }
}

impl Draft {
    /// Adds one more command. One that panics must not take everybody's road to the state with it.
    fn judge(&mut self, submission: &Submission) -> Result<Value, SubmitError> {
        // The draft changes only in the last step of `add`, when nothing is left to judge.
        catch_unwind(AssertUnwindSafe(|| self.add(submission))).unwrap_or(Err(SubmitError::Panicked))
    }

    /// Applies one more command. Refused, it leaves the draft as it was.
    fn add(&mut self, submission: &Submission) -> Result<Value, SubmitError> {
        if let Some(answer) = self.repeated(submission)? {
            return Ok(answer);
        }
        let (mut change, output) = self.state.apply(&submission.command, &submission.env)?;
        let mut state = Arc::new(self.state.absorb(&change));
        let answer = (submission.answer)(&state, &output);
        if let Some(token) = remembered(submission, &answer, &submission.env) {
            change.remember(token);
            state = Arc::new(self.state.absorb(&change));
        }
        self.take(&change, state)?;
        Ok(answer)
    }

    fn take(&mut self, change: &Change, state: Arc<State>) -> Result<(), SubmitError> {
        if change.ops.is_empty() {
            return Ok(());
        }
        let edits = rows::encode(change).map_err(|error| SubmitError::Store(Arc::new(error.into())))?;
        self.edits.extend(edits);
        self.commands += 1;
        self.state = state;
        Ok(())
    }

    /// The first answer, if the request was made before.
    fn repeated(&self, submission: &Submission) -> Result<Option<Value>, SubmitError> {
        let Some(asked) = &submission.token else { return Ok(None) };
        match self.state.get::<Token>(&asked.key) {
            None => Ok(None),
            Some(first) if first.fingerprint != asked.fingerprint => Err(SubmitError::TokenReused),
            Some(first) => Ok(Some(serde_json::from_str(&first.answer).unwrap_or_default())),
        }
    }
}

fn remembered(submission: &Submission, answer: &Value, env: &Env) -> Option<Token> {
    submission.token.clone().map(|token| Token {
        key: token.key,
        fingerprint: token.fingerprint,
        answer: answer.to_string(),
        created: env.now,
    })
}
