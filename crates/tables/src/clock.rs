//! The kernel's own clock (jiffies): reading it costs a packet nothing, where the time in nanoseconds costs a quarter of
//! what the program takes.

/// Its instructions in the kernel program before the agent has put in the running kernel's steps a second: `r0 = PLACE`,
/// then `goto +0`.
pub const PLACE: i32 = 250;

/// A moment: the lower half of the kernel's count of its steps, which begins anew after 49 days at the earliest.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick(pub u32);

/// What the clock says.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The present.
    pub now: Tick,
    /// Steps a second, 100 to 1000.
    pub hz: u32,
}

impl Clock {
    /// Whether so many seconds have passed since then. A moment ahead is none: another processor's step may come a little
    /// earlier. After half the time in which the clock begins anew (25 days at the earliest) what nobody has swept looks so too.
    #[inline(always)]
    pub fn has_passed(self, seconds: u16, since: Tick) -> bool {
        let steps = self.now.0.wrapping_sub(since.0);
        // One more, since that moment lies somewhere in its step.
        (steps as i32) > (seconds as u32 * self.hz + 1) as i32
    }
}
