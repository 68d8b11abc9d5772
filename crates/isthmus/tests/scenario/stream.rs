//! A command that goes on while other steps run, and whether it still prints.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Silence that counts as having stopped: many times the pause between two lines of any stream.
const SILENCE: Duration = Duration::from_secs(1);

/// A running command; ended when dropped.
pub(crate) struct Stream {
    child: Child,
    lines: Receiver<String>,
}

impl Stream {
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let output = child.stdout.take().ok_or("the command has no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// Something is printed from now on, within this time.
    pub(crate) fn flows(&self, within: Duration) -> Result<(), String> {
        while self.lines.try_recv().is_ok() {}
        match self.lines.recv_timeout(within) {
            Ok(_) => Ok(()),
            Err(RecvTimeoutError::Timeout) => Err(format!("nothing was printed for {within:?}")),
            Err(RecvTimeoutError::Disconnected) => Err("the command has ended".to_owned()),
        }
    }

    /// Nothing is printed any more, from this time on.
    pub(crate) fn stops(&self, within: Duration) -> Result<(), String> {
        while self.lines.try_recv().is_ok() {}
        let begin = Instant::now();
        while let Ok(line) = self.lines.recv_timeout(SILENCE) {
            if begin.elapsed() > within {
                return Err(format!("after {:?} it printed: {line}", begin.elapsed()));
            }
        }
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Asked politely, it passes the signal on to what runs inside the instance.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Stream {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        Stream::start(command).unwrap()
    }

    #[test]
    fn what_prints_flows_and_does_not_stop() {
        let stream = shell("while echo on; do sleep 0.05; done");
        stream.flows(Duration::from_secs(2)).unwrap();
        assert!(stream.stops(Duration::from_millis(500)).is_err());
    }

    #[test]
    fn what_is_silent_or_over_has_stopped_and_does_not_flow() {
        let silent = shell("echo once; sleep 9");
        silent.stops(Duration::from_millis(500)).unwrap();
        assert!(silent.flows(Duration::from_millis(200)).is_err());
        let over = shell("true");
        over.stops(Duration::from_millis(500)).unwrap();
        assert!(over.flows(Duration::from_secs(2)).is_err());
    }
}
