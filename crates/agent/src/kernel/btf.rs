//! What the kernel's own type information (BTF) says about a function or a member of a structure. Only as much of the
//! format (Documentation/bpf/btf.rst) as that needs; whatever is malformed is not there.

const MAGIC: u16 = 0xeb9f;
const INT: u32 = 1;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const ENUM: u32 = 6;
const FUNCTION: u32 = 12;
const PROTOTYPE: u32 = 13;
const VARIABLE: u32 = 14;
const SECTION: u32 = 15;
const DECLARATION_TAG: u32 = 17;
const ENUM64: u32 = 19;
/// A structure in a structure in a structure: no deeper.
const DEPTH: u32 = 8;

/// Types by id, and their names.
pub(super) struct Btf<'a> {
    /// Word offsets of each type's description; the first type has id 1.
    types: Vec<&'a [u8]>,
    strings: &'a [u8],
}

impl<'a> Btf<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let magic = u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?);
        if magic != MAGIC {
            return None;
        }
        let body = bytes.get(word(bytes, 1)? as usize..)?;
        let part = |offset: usize| -> Option<&'a [u8]> {
            body.get(word(bytes, offset)? as usize..)?.get(..word(bytes, offset + 1)? as usize)
        };
        let (mut rest, strings) = (part(2)?, part(4)?);
        let mut types = Vec::new();
        while !rest.is_empty() {
            types.push(rest);
            rest = rest.get(length(rest)?..)?;
        }
        Some(Self { types, strings })
    }

    /// Id of a function.
    pub(super) fn function(&self, name: &str) -> Option<u32> {
        self.find(FUNCTION, name).and_then(|index| u32::try_from(index + 1).ok())
    }

    /// First bit and width in bits of a bit field, in anonymous members too.
    pub(super) fn member(&self, structure: &str, name: &str) -> Option<(u32, u32)> {
        self.member_of(self.types[self.find(STRUCT, structure)?], name, DEPTH)
    }

    fn find(&self, wanted: u32, name: &str) -> Option<usize> {
        self.types.iter().position(|ty| kind(ty) == Some(wanted) && self.is_named(ty, name))
    }

    fn member_of(&self, ty: &[u8], name: &str, depth: u32) -> Option<(u32, u32)> {
        if depth == 0 || !matches!(kind(ty)?, STRUCT | UNION) {
            return None;
        }
        let has_widths = word(ty, 1)? >> 31 == 1;
        (0..count(ty)?).find_map(|index| {
            let member = ty.get(12 + index * 12..)?;
            let place = word(member, 2)?;
            let (bit, width) = if has_widths { (place & 0xff_ffff, place >> 24) } else { (place, 0) };
            if self.is_named(member, name) {
                return Some((bit, width));
            }
            let inner = self.types.get((word(member, 1)? as usize).checked_sub(1)?)?;
            let (inside, width) =
                self.is_named(member, "").then(|| self.member_of(inner, name, depth - 1))??;
            Some((bit + inside, width))
        })
    }

    /// Types and members begin with the offset of their name.
    fn is_named(&self, described: &[u8], name: &str) -> bool {
        let text = word(described, 0).and_then(|offset| self.strings.get(offset as usize..));
        text.is_some_and(|text| {
            text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
        })
    }
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(index * 4..index * 4 + 4)?.try_into().ok()?))
}

fn kind(ty: &[u8]) -> Option<u32> {
    Some(word(ty, 1)? >> 24 & 0x1f)
}

fn count(ty: &[u8]) -> Option<usize> {
    Some((word(ty, 1)? & 0xffff) as usize)
}

/// Bytes of a type's description.
fn length(ty: &[u8]) -> Option<usize> {
    let each = match kind(ty)? {
        INT | VARIABLE | DECLARATION_TAG => return Some(16),
        ARRAY => return Some(24),
        STRUCT | UNION | SECTION | ENUM64 => 12,
        ENUM | PROTOTYPE => 8,
        _ => 0,
    };
    Some(12 + each * count(ty)?)
}
