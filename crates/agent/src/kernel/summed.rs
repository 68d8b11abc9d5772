//! Lets the kernel program see how a packet's checksum stands. That saves it a helper a packet, which is a fifth of what
//! it costs. The kernel shows `ip_summed` only through `bpf_cast_to_kern_ctx` (Linux 6.2), which the loader cannot link:
//! the call and the load are put into the object here. Without them the program asks the helper.

use std::fs;
use std::path::Path;

use tables::summed::{MASK, PLACE, SHIFT};

use super::btf::Btf;

const KERNEL: &str = "/sys/kernel/btf/vmlinux";
const MOVE: u8 = 0xb7;
const JUMP: u8 = 0x05;
const CALL: u8 = 0x85;
const LOAD_BYTE: u8 = 0x71;
/// In the place of a call's source register: the number is the BTF id of a kernel function.
const KERNEL_FUNCTION: u8 = 2;
const INSTRUCTION: usize = 8;

/// Where the running kernel keeps `ip_summed`, and the function that lets a program look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sight {
    function: i32,
    /// Offset of the byte in the kernel's packet.
    offset: i16,
}

/// The object for the running kernel.
pub fn fit(object: &[u8]) -> Vec<u8> {
    let mut object = object.to_vec();
    if let Some(sight) = Sight::of_kernel(Path::new(KERNEL)) {
        sight.put_into(&mut object);
    }
    object
}

impl Sight {
    /// Nothing where the kernel has no such function, no type information, or other bits.
    fn of_kernel(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        let btf = Btf::parse(&bytes)?;
        let function = btf.function("bpf_cast_to_kern_ctx")?;
        let (bit, width) = btf.member("sk_buff", "ip_summed")?;
        let fits = bit % 8 == SHIFT && width == MASK.count_ones();
        let offset = i16::try_from(bit / 8).ok()?;
        fits.then_some(Self { function: i32::try_from(function).ok()?, offset })
    }

    fn put_into(self, object: &mut [u8]) {
        let place = [instruction(MOVE, 0, 0, PLACE), instruction(JUMP, 0, 0, 0)].concat();
        let call = instruction(CALL, KERNEL_FUNCTION << 4, 0, self.function);
        let sight = [call, instruction(LOAD_BYTE, 0, self.offset, 0)].concat();
        // Sections of code are aligned to instructions.
        for at in (0..object.len().saturating_sub(place.len())).step_by(INSTRUCTION) {
            let window = &mut object[at..at + place.len()];
            if window == place {
                window.copy_from_slice(&sight);
            }
        }
    }
}

fn instruction(code: u8, registers: u8, offset: i16, immediate: i32) -> [u8; INSTRUCTION] {
    let [o0, o1] = offset.to_ne_bytes();
    let [i0, i1, i2, i3] = immediate.to_ne_bytes();
    [code, registers, o0, o1, i0, i1, i2, i3]
}

#[cfg(test)]
mod tests {
    use aya::util::KernelVersion;

    use super::*;
    use crate::kernel::programs::OBJECT;

    #[test]
    fn a_kernel_with_the_function_gets_it_into_the_program() {
        let can = KernelVersion::current().unwrap() >= KernelVersion::new(6, 2, 0);
        assert_eq!(fit(OBJECT) != OBJECT, can);
    }

    #[test]
    fn a_kernel_without_type_information_gets_the_program_as_it_is() {
        assert_eq!(Sight::of_kernel(Path::new("/nowhere")), None);
    }
}
