//! The system calls a run may not make, as one seccomp program for cold and warm starts alike.
//!
//! A deny list: what it refuses is what widens the attack surface of the kernel or looks into other processes;
//! everything else is left to namespaces, mounts and missing capabilities. Written as plain BPF because it needs
//! three kinds of answer (refuse, "no such call", "no such family") and the x32 range in one program.

use libc::{c_long, sock_filter};

/// What the kernel reports for this processor (`AUDIT_ARCH_*`, `linux/audit.h`), when it is one we know.
#[cfg(target_arch = "x86_64")]
const ARCH: Option<u32> = Some(0xC000_003E);
#[cfg(target_arch = "aarch64")]
const ARCH: Option<u32> = Some(0xC000_00B7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCH: Option<u32> = None;

/// Calls of the x32 ABI have this bit: the same kernel functions under other numbers.
const X32_BIT: u32 = 0x4000_0000;

/// Offsets into `struct seccomp_data`; arguments are 64 bits wide, little-endian.
const NR: u32 = 0;
const ARCH_AT: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

/// Namespaces that `clone` could open: mount, cgroup, uts, ipc, user, pid, net.
const NAMESPACES: u32 = 0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000;
const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541C;
/// `personality(0xffffffff)` only asks.
const PERSONALITY_QUERY: u32 = 0xffff_ffff;

/// Answered with "no such call", so that programs fall back to what is allowed.
const ABSENT: &[c_long] = &[libc::SYS_clone3, libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// Refused with `EPERM`.
const REFUSED: &[c_long] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_fanotify_init,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_syslog,
    libc::SYS_reboot,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_vhangup,
    libc::SYS_nfsservctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
];

#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_modify_ldt,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_sysfs,
    libc::SYS__sysctl,
    174, // create_module, get_kernel_syms and query_module: gone since Linux 2.6, without names in libc
    177,
    178,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const fn errno(number: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | number.cast_unsigned()
}

fn load(offset: u32) -> sock_filter {
    sock_filter { code: 0x20, jt: 0, jf: 0, k: offset } // BPF_LD | BPF_W | BPF_ABS
}

fn answer(action: u32) -> sock_filter {
    sock_filter { code: 0x06, jt: 0, jf: 0, k: action } // BPF_RET | BPF_K
}

fn jump(code: u16, k: u32, if_true: usize, if_false: usize) -> sock_filter {
    let short = |steps: usize| u8::try_from(steps).unwrap_or(u8::MAX);
    sock_filter { code, jt: short(if_true), jf: short(if_false), k }
}

const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const ANY_BIT: u16 = 0x45; // BPF_JMP | BPF_JSET | BPF_K

/// The call's number, which `seccomp_data` holds in 32 bits.
fn number(call: c_long) -> u32 {
    u32::try_from(call).unwrap_or(u32::MAX)
}

/// For one call: load an argument, answer `matched` when one of the tests on it holds, else `other`.
fn on_argument(program: &mut Vec<sock_filter>, call: c_long, arg: u32, test: u16, values: &[u32], matched: u32, other: u32) {
    let steps = values.len();
    program.push(jump(EQUAL, number(call), 0, steps + 3));
    program.push(load(argument(arg)));
    for (done, value) in values.iter().enumerate() {
        program.push(jump(test, *value, steps - done, 0));
    }
    program.push(answer(other));
    program.push(answer(matched));
}

/// The program, or `None` on a processor it is not written for.
pub fn program() -> Option<Vec<sock_filter>> {
    let mut program = vec![load(ARCH_AT), jump(EQUAL, ARCH?, 1, 0), answer(libc::SECCOMP_RET_KILL_PROCESS), load(NR)];
    if cfg!(target_arch = "x86_64") {
        program.extend([jump(AT_LEAST, X32_BIT, 0, 1), answer(errno(libc::ENOSYS))]);
    }
    for (calls, action) in [(ABSENT, errno(libc::ENOSYS)), (REFUSED, errno(libc::EPERM)), (REFUSED_HERE, errno(libc::EPERM))] {
        for call in calls {
            program.extend([jump(EQUAL, number(*call), 0, 1), answer(action)]);
        }
    }
    on_argument(&mut program, libc::SYS_clone, 0, ANY_BIT, &[NAMESPACES], errno(libc::EPERM), ALLOW);
    let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6].map(i32::cast_unsigned);
    on_argument(&mut program, libc::SYS_socket, 0, EQUAL, &families, ALLOW, errno(libc::EAFNOSUPPORT));
    on_argument(&mut program, libc::SYS_ioctl, 1, EQUAL, &[TIOCSTI, TIOCLINUX], errno(libc::EPERM), ALLOW);
    on_argument(&mut program, libc::SYS_personality, 0, EQUAL, &[0, PERSONALITY_QUERY], ALLOW, errno(libc::EPERM));
    program.push(answer(ALLOW));
    Some(program)
}

/// The program as the bytes of `struct sock_filter[]`, for the zygote.
pub fn program_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    for step in program().unwrap_or_default() {
        bytes.extend(step.code.to_ne_bytes());
        bytes.extend([step.jt, step.jf]);
        bytes.extend(step.k.to_ne_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program on a made-up call, as the kernel would.
    fn verdict(arch: u32, nr: c_long, args: [u32; 2]) -> u32 {
        let program = program().expect("known processor");
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let step = &program[at];
            let jump_by = |taken: bool| 1 + usize::from(if taken { step.jt } else { step.jf });
            at += match step.code {
                0x20 => {
                    accumulator = match step.k {
                        0 => number(nr),
                        4 => arch,
                        16 => args[0],
                        24 => args[1],
                        other => panic!("load of {other}"),
                    };
                    1
                }
                0x06 => return step.k,
                EQUAL => jump_by(accumulator == step.k),
                AT_LEAST => jump_by(accumulator >= step.k),
                ANY_BIT => jump_by(accumulator & step.k != 0),
                other => panic!("code {other}"),
            };
        }
    }

    #[test]
    fn calls_get_their_answers() {
        let here = ARCH.expect("known processor");
        let (refused, absent, family) = (errno(libc::EPERM), errno(libc::ENOSYS), errno(libc::EAFNOSUPPORT));
        for (call, args, expected) in [
            (libc::SYS_read, [0, 0], ALLOW),
            (libc::SYS_mount, [0, 0], refused),
            (libc::SYS_migrate_pages, [0, 0], refused),
            (libc::SYS_clone3, [0, 0], absent),
            (libc::SYS_read | 0x4000_0000, [0, 0], absent),
            (libc::SYS_clone, [libc::SIGCHLD.cast_unsigned(), 0], ALLOW),
            (libc::SYS_clone, [libc::CLONE_NEWUSER.cast_unsigned(), 0], refused),
            (libc::SYS_socket, [libc::AF_UNIX.cast_unsigned(), 0], ALLOW),
            (libc::SYS_socket, [libc::AF_INET6.cast_unsigned(), 0], ALLOW),
            (libc::SYS_socket, [libc::AF_NETLINK.cast_unsigned(), 0], family),
            (libc::SYS_socket, [libc::AF_VSOCK.cast_unsigned(), 0], family),
            (libc::SYS_ioctl, [0, TIOCSTI], refused),
            (libc::SYS_ioctl, [0, TIOCLINUX], refused),
            (libc::SYS_ioctl, [0, 0x5413], ALLOW),
            (libc::SYS_personality, [0x0040_0000, 0], refused),
            (libc::SYS_personality, [PERSONALITY_QUERY, 0], ALLOW),
        ] {
            assert_eq!(verdict(here, call, args), expected, "call {call} {args:?}");
        }
        assert_eq!(verdict(0x4000_0003, libc::SYS_read, [0, 0]), libc::SECCOMP_RET_KILL_PROCESS, "32-bit calls");
    }
}
