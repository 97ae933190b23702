//! A clean start for somebody else's program: nothing of ours that it did not ask for.

use std::io;

/// Marks every open file but stdin, stdout and stderr to be closed when this process becomes another program.
///
/// # Errors
///
/// What the system said; some may then stay open.
pub(crate) fn close_on_exec() -> io::Result<()> {
    const FIRST: libc::c_int = 3;
    #[cfg(target_os = "linux")]
    {
        // By number, since a C library may be older than the call (Linux 5.9, the flag 5.11).
        #[expect(unsafe_code, reason = "no safe door to close_range(2)")]
        // SAFETY: three plain numbers; with CLOSE_RANGE_CLOEXEC nothing that Rust owns is closed now.
        let done = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) } == 0;
        if done {
            return Ok(());
        }
    }
    for entry in std::fs::read_dir("/dev/fd")? {
        let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse::<libc::c_int>().ok()) else { continue };
        if number >= FIRST {
            #[expect(unsafe_code, reason = "a number from a listing has no owner to ask")]
            // SAFETY: sets a flag on a number; at worst it is closed by now, and the call says so.
            let _: libc::c_int = unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// Gives every signal its default effect, and blocks none: what runs in the background of a script has INT ignored.
pub(crate) fn default_signals() {
    const LAST: libc::c_int = 31;
    for signal in 1..=LAST {
        #[expect(unsafe_code, reason = "std and rustix have no door to signal(2)")]
        // SAFETY: sets no handler of ours; KILL and STOP are refused without harm.
        let _: libc::sighandler_t = unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    #[expect(unsafe_code, reason = "std and rustix have no door to sigprocmask(2)")]
    // SAFETY: the set is filled by sigemptyset before it is read.
    unsafe {
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Makes sure that ended children wait to be asked: a caller can have left CHLD ignored, and then they vanish.
pub(super) fn hear_of_children() {
    #[expect(unsafe_code, reason = "std and rustix have no door to sigaction(2)")]
    // SAFETY: asks first, and replaces only "ignore"; a handler that somebody installed stays.
    unsafe {
        let mut now = std::mem::zeroed::<libc::sigaction>();
        let asked = libc::sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut now) == 0;
        if asked && now.sa_sigaction == libc::SIG_IGN {
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        }
    }
}
