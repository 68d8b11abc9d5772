//! One pinned map, typed. Whole maps are read and written in batches, a thousandth of the system calls of one look-up an entry.

use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::Path;

use aya::Pod;
use aya::maps::{MapData, MapError};

use super::clock::ClockError;

/// A map could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The pin is missing or is not a map.
    #[error("map {name} could not be opened")]
    Open {
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        source: MapError,
    },
    /// There is no clock to read the entries by.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The map is not laid out as this version needs it.
    #[error("map {name} has entries of another size: it was made by another version")]
    Layout {
        /// Its name.
        name: &'static str,
    },
    /// A system call failed.
    #[error("map {name} could not be {verb}")]
    Call {
        /// Its name.
        name: &'static str,
        /// What was tried.
        verb: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A pinned hash or array map (arrays: key `u32`).
#[derive(Debug)]
pub struct Table<K, V> {
    name: &'static str,
    map: MapData,
    capacity: u32,
    types: PhantomData<fn() -> (K, V)>,
}

const BPF_MAP_LOOKUP_ELEM: libc::c_long = 1;
const BPF_MAP_UPDATE_ELEM: libc::c_long = 2;
const BPF_MAP_DELETE_ELEM: libc::c_long = 3;
const BPF_MAP_LOOKUP_AND_DELETE_ELEM: libc::c_long = 21;
const BPF_MAP_LOOKUP_BATCH: libc::c_long = 24;
const BPF_MAP_UPDATE_BATCH: libc::c_long = 26;
/// Entries a batch; a bucket of a hash map must fit.
const BATCH: usize = 4096;

/// `union bpf_attr` for one element.
#[repr(C)]
struct Element {
    map: u32,
    pad: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// `union bpf_attr` for a batch.
#[repr(C)]
struct Batch {
    from: u64,
    next: u64,
    keys: u64,
    values: u64,
    count: u32,
    map: u32,
    element_flags: u64,
    flags: u64,
}

impl Batch {
    /// No pointers yet.
    fn empty(map: u32, count: usize) -> Self {
        Self { from: 0, next: 0, keys: 0, values: 0, count: count as u32, map, element_flags: 0, flags: 0 }
    }
}

/// Where the next batch begins: as long as the longest key, as the kernel asks.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Cursor([u8; 64]);

/// Some entries, and where the next ones begin.
type Part<K, V> = (Vec<(K, V)>, Option<Cursor>);

impl<K: Pod, V: Pod> Table<K, V> {
    /// Opens the map pinned in `directory`.
    pub fn open(directory: &Path, name: &'static str) -> Result<Self, TableError> {
        let opened = MapData::from_pin(directory.join(name)).and_then(|map| Ok((map.info()?, map)));
        let (info, map) = opened.map_err(|source| TableError::Open { name, source })?;
        if info.key_size() as usize != size_of::<K>() || info.value_size() as usize != size_of::<V>() {
            return Err(TableError::Layout { name });
        }
        Ok(Self { name, map, capacity: info.max_entries(), types: PhantomData })
    }

    /// Name of the map.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Most entries that it can hold.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// One entry, if it is there.
    pub fn get(&self, key: &K) -> Result<Option<V>, TableError> {
        self.value(BPF_MAP_LOOKUP_ELEM, key)
    }

    /// Removes one entry, and gives what it was at that moment, if it was there.
    pub fn take(&self, key: &K) -> Result<Option<V>, TableError> {
        self.value(BPF_MAP_LOOKUP_AND_DELETE_ELEM, key)
    }

    /// Writes one entry.
    pub fn set(&self, key: &K, value: &V) -> Result<(), TableError> {
        self.element(BPF_MAP_UPDATE_ELEM, key, value as *const V as u64).map_err(|e| self.error("written", e))
    }

    /// Writes entries, in their order; after an error some of them are written.
    pub fn set_all(&self, entries: impl Iterator<Item = (K, V)>) -> Result<(), TableError> {
        let mut entries = entries.peekable();
        while entries.peek().is_some() {
            let (keys, values): (Vec<K>, Vec<V>) = entries.by_ref().take(BATCH).unzip();
            let mut attributes = Batch {
                keys: keys.as_ptr() as u64,
                values: values.as_ptr() as u64,
                ..Batch::empty(self.descriptor(), keys.len())
            };
            // SAFETY: the attributes have the kernel's layout; there are `count` keys and values of the map's sizes
            // (checked in `open`), which the kernel only reads, and which outlive the call.
            unsafe { bpf(BPF_MAP_UPDATE_BATCH, &mut attributes) }.map_err(|e| self.error("written", e))?;
        }
        Ok(())
    }

    /// Removes one entry; one that is not there is a success.
    pub fn remove(&self, key: &K) -> Result<(), TableError> {
        match self.element(BPF_MAP_DELETE_ELEM, key, 0) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.error("written", e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Every entry.
    pub fn entries(&self) -> Result<Vec<(K, V)>, TableError> {
        self.read(None, usize::MAX)
    }

    /// Calls `visit` for every entry, a batch at a time, without holding all of them.
    pub fn for_each(&self, mut visit: impl FnMut(&K, &V)) -> Result<(), TableError> {
        let mut cursor = None;
        loop {
            let (batch, next) = self.batch(cursor, BATCH)?;
            batch.iter().for_each(|(key, value)| visit(key, value));
            if next.is_none() {
                return Ok(());
            }
            cursor = next;
        }
    }

    fn read(&self, mut cursor: Option<Cursor>, limit: usize) -> Result<Vec<(K, V)>, TableError> {
        let mut all = Vec::new();
        while all.len() < limit {
            let (batch, next) = self.batch(cursor, BATCH.min(limit - all.len()))?;
            all.extend(batch);
            if next.is_none() {
                break;
            }
            cursor = next;
        }
        Ok(all)
    }

    /// At most `size` entries and where the next ones begin; `None` = there are no more.
    fn batch(&self, from: Option<Cursor>, size: usize) -> Result<Part<K, V>, TableError> {
        let mut size = size;
        loop {
            match self.try_batch(from, size) {
                // A bucket of the hash table has more entries than were asked for.
                Err(e) if e.raw_os_error() == Some(libc::ENOSPC) => size *= 2,
                result => return result.map_err(|e| self.error("read", e)),
            }
        }
    }

    fn try_batch(&self, from: Option<Cursor>, size: usize) -> io::Result<Part<K, V>> {
        let mut keys: Vec<K> = Vec::with_capacity(size);
        let mut values: Vec<V> = Vec::with_capacity(size);
        let mut next = Cursor([0; 64]);
        let mut attributes = Batch {
            from: from.as_ref().map_or(0, |cursor| cursor as *const Cursor as u64),
            next: &mut next as *mut Cursor as u64,
            keys: keys.as_mut_ptr() as u64,
            values: values.as_mut_ptr() as u64,
            ..Batch::empty(self.descriptor(), size)
        };
        // SAFETY: the attributes have the kernel's layout, every pointer is to memory of the size that `count` and the
        // map's key and value sizes (checked in `open`) ask for, and all of it outlives the call.
        let result = unsafe { bpf(BPF_MAP_LOOKUP_BATCH, &mut attributes) };
        let ended = match result {
            Ok(()) => false,
            Err(e) if e.kind() == io::ErrorKind::NotFound => true,
            Err(e) => return Err(e),
        };
        let count = (attributes.count as usize).min(size);
        // SAFETY: the kernel has written `count` keys and values, and any bytes are a value of a `Pod`.
        unsafe {
            keys.set_len(count);
            values.set_len(count);
        }
        Ok((keys.into_iter().zip(values).collect(), (!ended).then_some(next)))
    }

    fn value(&self, command: libc::c_long, key: &K) -> Result<Option<V>, TableError> {
        let mut value = MaybeUninit::<V>::uninit();
        match self.element(command, key, value.as_mut_ptr() as u64) {
            // SAFETY: the kernel has written the whole value, and any bytes are a value of a `Pod`.
            Ok(()) => Ok(Some(unsafe { value.assume_init() })),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.error("read", e)),
        }
    }

    fn element(&self, command: libc::c_long, key: &K, value: u64) -> io::Result<()> {
        let mut attributes =
            Element { map: self.descriptor(), pad: 0, key: key as *const K as u64, value, flags: 0 };
        // SAFETY: the attributes have the kernel's layout; key and value have the map's sizes (checked in `open`).
        unsafe { bpf(command, &mut attributes) }
    }

    fn descriptor(&self) -> u32 {
        self.map.fd().as_fd().as_raw_fd() as u32
    }

    fn error(&self, verb: &'static str, source: io::Error) -> TableError {
        TableError::Call { name: self.name, verb, source }
    }
}

impl<V: Pod> Table<u32, V> {
    /// A part of an array map.
    pub fn range(&self, first: u32, count: u32) -> Result<Vec<V>, TableError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        // The cursor of an array is the index before the next.
        let cursor = first.checked_sub(1).map(|before| {
            let mut cursor = Cursor([0; 64]);
            cursor.0[..4].copy_from_slice(&before.to_ne_bytes());
            cursor
        });
        Ok(self.read(cursor, count as usize)?.into_iter().map(|(_, value)| value).collect())
    }
}

/// The `bpf` system call.
///
/// # Safety
/// `attributes` must be what the command expects, with pointers that are valid for the command's reads and writes.
unsafe fn bpf<A>(command: libc::c_long, attributes: &mut A) -> io::Result<()> {
    // SAFETY: as the caller has promised.
    match unsafe { libc::syscall(libc::SYS_bpf, command, attributes as *mut A, size_of::<A>()) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
