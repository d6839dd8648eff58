//! What the system says about this process.

/// A field of `/proc/self/status` in KiB: `VmRSS`, the resident memory now, or `VmHWM`, its peak. 0 where
/// the system does not say.
pub(crate) fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
