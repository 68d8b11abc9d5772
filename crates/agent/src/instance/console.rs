//! The console of an instance: a file to which the container itself appends, so that nothing needs to run between.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Length above which a console is cut, bytes.
const LIMIT: u64 = 1 << 20;
/// What is kept and what is served of a console, bytes: as much as GetInstanceConsoleOutput answers.
const TAIL: u64 = 64 << 10;

/// A console file.
pub(super) struct Console(PathBuf);

impl Console {
    pub(super) fn new(file: PathBuf) -> Self {
        Self(file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The last 64 KiB.
    pub(super) fn tail(&self) -> Vec<u8> {
        File::open(&self.0).and_then(|mut file| read_tail(&mut file)).unwrap_or_default()
    }

    /// Cuts a console that has grown too long to its last 64 KiB. The container goes on appending to the same file; what it
    /// writes between the two steps is lost.
    pub(super) fn trim(&self) {
        let too_long = self.0.metadata().is_ok_and(|metadata| metadata.len() > LIMIT);
        if too_long && let Err(error) = self.cut() {
            tracing::warn!(console = %self.0.display(), %error, "console could not be cut");
        }
    }

    fn cut(&self) -> io::Result<()> {
        let tail = self.tail();
        let mut file = OpenOptions::new().write(true).truncate(true).open(&self.0)?;
        file.write_all(&tail)
    }
}

fn read_tail(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_console_keeps_its_end() {
        let path = std::env::temp_dir().join(format!("isthmus-console-{}", std::process::id()));
        let mut text = vec![b'.'; LIMIT as usize];
        text.extend(b"the end");
        std::fs::write(&path, &text).unwrap();
        let console = Console::new(path.clone());
        console.trim();
        let length = path.metadata().unwrap().len();
        let tail = console.tail();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(length, TAIL);
        assert!(tail.ends_with(b"the end"));
    }
}
