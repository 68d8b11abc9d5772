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

    /// The next line comes within this time, and has these texts.
    pub(crate) fn prints(&self, texts: &[String], within: Duration) -> Result<(), String> {
        let line = self.lines.recv_timeout(within).map_err(|_| format!("no line came for {within:?}"))?;
        match texts.iter().find(|text| !line.contains(*text)) {
            Some(text) => Err(format!("expected '{text}', but it printed: {line}")),
            None => Ok(()),
        }
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
    fn the_next_line_has_what_is_expected_or_not() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let stream = shell("echo one two; echo three; sleep 9");
        stream.prints(&texts(&["one", "two"]), Duration::from_secs(2)).unwrap();
        assert!(stream.prints(&texts(&["one"]), Duration::from_secs(2)).is_err(), "three");
        assert!(stream.prints(&[], Duration::from_millis(100)).is_err(), "nothing");
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
