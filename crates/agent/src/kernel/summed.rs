//! Lets the kernel program see how a packet's checksum stands. That saves it a helper a packet, which is a fifth of what
//! it costs. The kernel shows `ip_summed` only through `bpf_cast_to_kern_ctx` (Linux 6.2), which the loader cannot link:
//! the call and the load are put into the object here. Without them the program asks the helper.

use std::fs;
use std::path::Path;

use tables::summed::{MASK, PLACE, SHIFT};

use super::btf::Btf;
use super::fit::{Instruction, instruction, place, replace};

const KERNEL: &str = "/sys/kernel/btf/vmlinux";
const CALL: u8 = 0x85;
const LOAD_BYTE: u8 = 0x71;
/// In the place of a call's source register: the number is the BTF id of a kernel function.
const KERNEL_FUNCTION: u8 = 2;

/// Where the running kernel keeps `ip_summed`, and the function that lets a program look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sight {
    function: i32,
    /// Offset of the byte in the kernel's packet.
    offset: i16,
}

/// Lets the program see, where the kernel can.
pub(super) fn put_into(object: &mut [u8]) {
    if let Some(sight) = Sight::of_kernel(Path::new(KERNEL)) {
        replace(object, place(PLACE), sight.instructions());
    }
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

    fn instructions(self) -> [Instruction; 2] {
        let call = instruction(CALL, KERNEL_FUNCTION << 4, 0, self.function);
        [call, instruction(LOAD_BYTE, 0, self.offset, 0)]
    }
}

#[cfg(test)]
mod tests {
    use aya::util::KernelVersion;

    use super::*;
    use crate::kernel::programs::OBJECT;

    #[test]
    fn a_kernel_with_the_function_gets_it_into_the_program() {
        let can = KernelVersion::current().unwrap() >= KernelVersion::new(6, 2, 0);
        let mut object = OBJECT.to_vec();
        put_into(&mut object);
        assert_eq!(object != OBJECT, can);
    }

    #[test]
    fn a_kernel_without_type_information_gets_the_program_as_it_is() {
        assert_eq!(Sight::of_kernel(Path::new("/nowhere")), None);
    }
}
