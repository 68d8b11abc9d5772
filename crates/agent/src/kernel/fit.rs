//! Fits the kernel program to the running kernel: instructions that hold a place in the object are replaced.

use super::{clock, summed};

/// `r0 = 64-bit immediate, sign-extended`.
const MOVE: u8 = 0xb7;
/// `goto +offset`.
const JUMP: u8 = 0x05;
const INSTRUCTION: usize = 8;

/// One instruction.
pub(super) type Instruction = [u8; INSTRUCTION];

/// The object for the running kernel.
pub fn fit(object: &[u8]) -> Vec<u8> {
    let mut object = object.to_vec();
    clock::put_into(&mut object);
    summed::put_into(&mut object);
    object
}

/// What holds a place: `r0 = place`, then `goto +0`, which no compiler writes.
pub(super) fn place(place: i32) -> [Instruction; 2] {
    [instruction(MOVE, 0, 0, place), instruction(JUMP, 0, 0, 0)]
}

/// Puts two instructions into each place that holds others.
pub(super) fn replace(object: &mut [u8], place: [Instruction; 2], with: [Instruction; 2]) {
    let (place, with) = (place.as_flattened(), with.as_flattened());
    // Sections of code are aligned to instructions.
    for at in (0..object.len().saturating_sub(place.len())).step_by(INSTRUCTION) {
        let window = &mut object[at..at + place.len()];
        if window == place {
            window.copy_from_slice(with);
        }
    }
}

pub(super) fn instruction(code: u8, registers: u8, offset: i16, immediate: i32) -> Instruction {
    let [o0, o1] = offset.to_ne_bytes();
    let [i0, i1, i2, i3] = immediate.to_ne_bytes();
    [code, registers, o0, o1, i0, i1, i2, i3]
}
