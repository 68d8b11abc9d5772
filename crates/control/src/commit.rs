//! The one place where the state changes. Commands are applied in turn on the newest state; those that wait together
//! share one durable transaction; the new state is published, then everybody is answered.

mod committer;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use model::command::{Command, Env, Output};
use model::records::TokenKey;
use model::refusal::Refusal;
use model::state::State;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use crate::store::{CommitError, LoadError, Store};
use crate::tally::Tally;
use committer::Committer;
pub use rows::ForeignRow;

/// Requests that may wait before callers have to.
const QUEUE: usize = 1024;

/// Makes the answer from the state after the command and what the command gave.
pub type Answer = Box<dyn Fn(&Arc<State>, &Output) -> Value + Send>;

/// A command with everything that its commit needs.
pub struct Submission {
    /// What shall change.
    pub command: Command,
    /// When, for whom, and with which seed for new ids.
    pub env: Env,
    /// The client's token, if it gave one.
    pub token: Option<Idempotence>,
    /// Makes the answer, which is kept with the token.
    pub answer: Answer,
}

/// What makes a repeated request known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotence {
    /// Account, action and token.
    pub key: TokenKey,
    /// Digest of the action's parameters.
    pub fingerprint: String,
}

/// Why a submission changed nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// The model refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The token was used before, with other parameters.
    #[error("the client token was used before with other parameters: use a new one")]
    TokenReused,
    /// The store failed; whether the change is kept is known after the next successful commit.
    #[error("the state could not be kept durably; the command may or may not have taken effect")]
    Store(#[source] Arc<StoreFailure>),
    /// Judging the command panicked; nothing was changed.
    #[error("the command met a mistake of this program")]
    Panicked,
    /// The control plane is going down.
    #[error("the control plane is shutting down")]
    Stopped,
}

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreFailure {
    /// Nothing could be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Nothing could be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A row makes no sense.
    #[error(transparent)]
    Foreign(#[from] ForeignRow),
}

struct Job {
    submission: Submission,
    reply: oneshot::Sender<Result<Value, SubmitError>>,
}

/// The way to the state: read it, change it, watch it. Cheap to clone.
#[derive(Clone)]
pub struct Commits {
    queue: mpsc::Sender<Job>,
    published: watch::Receiver<Arc<State>>,
    tally: Arc<Tally>,
}

impl Commits {
    /// Loads the state and starts to commit, on a thread of its own: durability blocks. The thread ends, and with it
    /// the store is closed, when the last handle is gone.
    ///
    /// # Errors
    /// When the store cannot be read, or holds rows that this version does not understand.
    pub fn start(store: Box<dyn Store>) -> Result<(Self, std::thread::JoinHandle<()>), StoreFailure> {
        let tally = Arc::new(Tally::default());
        let (committer, published) = Committer::load(store, tally.clone())?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let thread = std::thread::spawn(move || committer.run(waiting));
        Ok((Self { queue, published, tally }, thread))
    }

    /// The newest committed state.
    pub fn state(&self) -> Arc<State> {
        self.published.borrow().clone()
    }

    /// Every newest committed state, as it comes.
    pub fn watch(&self) -> watch::Receiver<Arc<State>> {
        self.published.clone()
    }

    /// Where requests and commits are counted.
    pub fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// Commits a command. The answer comes when it is durable.
    ///
    /// # Errors
    /// The command's refusal, a reused token, or the store's failure. A repeated request gets the first one's answer.
    pub async fn submit(&self, submission: Submission) -> Result<Value, SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job { submission, reply }).await.map_err(|_| SubmitError::Stopped)?;
        answer.await.map_err(|_| SubmitError::Stopped)?
    }
}
