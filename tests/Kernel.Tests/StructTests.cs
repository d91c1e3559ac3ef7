using System.Collections.Generic;
using System.Runtime.CompilerServices;
using SharpRun.Linux;

namespace SharpRun.KernelTests;

static unsafe class StructTests
{
    public static void Layouts()
    {
        var kernel = Kernel();
        var theirs = CHeaders.Values(CHeaders.Kernel, kernel.Keys);
        foreach (var (expression, ours) in kernel)
        {
            Check.Equal(theirs[expression], ours, expression);
        }
        Dictionary<string, long> libc = new()
        {
            ["sizeof(struct ifreq)"] = 40,
            ["sizeof(struct msghdr)"] = sizeof(Sys.MessageHeader),
            ["__builtin_offsetof(struct msghdr, msg_iov)"] = 16,
            ["__builtin_offsetof(struct msghdr, msg_control)"] = 32,
            ["__builtin_offsetof(struct msghdr, msg_flags)"] = 48,
            ["CMSG_SPACE(sizeof(int))"] = sizeof(Sys.DescriptorMessage),
            ["CMSG_LEN(sizeof(int))"] = Sys.DescriptorMessage.FullLength,
            ["__builtin_offsetof(struct ifreq, ifr_flags)"] = 16,
            ["__builtin_offsetof(struct dirent64, d_off)"] = 8,
            ["__builtin_offsetof(struct dirent64, d_reclen)"] = 16,
            ["__builtin_offsetof(struct dirent64, d_type)"] = 18,
            ["__builtin_offsetof(struct dirent64, d_name)"] = 19,
        };
        theirs = CHeaders.Values(CHeaders.Libc, libc.Keys);
        foreach (var (expression, ours) in libc)
        {
            Check.Equal(theirs[expression], ours, expression);
        }
    }

    private static Dictionary<string, long> Kernel()
    {
        var layouts = new Dictionary<string, long>
        {
            ["sizeof(struct clone_args)"] = sizeof(Sys.CloneArgs),
            ["sizeof(struct open_how)"] = sizeof(Sys.OpenHow),
            ["sizeof(struct mount_attr)"] = sizeof(Sys.MountAttr),
            ["sizeof(struct statx)"] = sizeof(Sys.StatxBuffer),
            ["sizeof(struct statfs)"] = sizeof(Sys.StatFsBuffer),
            ["sizeof(siginfo_t)"] = sizeof(Sys.SigInfo),
            ["sizeof(struct sigaction)"] = sizeof(Sys.KernelSigAction),
            ["sizeof(struct rlimit64)"] = sizeof(Sys.Rlimit64),
            ["sizeof(struct pollfd)"] = sizeof(PollFd),
            ["sizeof(struct winsize)"] = sizeof(WindowSize),
            ["sizeof(struct termios)"] = sizeof(TerminalModes),
            ["sizeof(struct __user_cap_header_struct)"] = sizeof(Sys.CapHeader),
            ["sizeof(struct __user_cap_data_struct)"] = sizeof(Sys.CapData),
            ["sizeof(struct new_utsname)"] = 6 * 65,
            ["sizeof(struct btrfs_ioctl_vol_args)"] = sizeof(Sys.BtrfsVolume),
            ["__builtin_offsetof(struct btrfs_ioctl_vol_args, name)"] = 8,
            ["sizeof(struct btrfs_ioctl_vol_args_v2)"] = sizeof(Sys.BtrfsSnapshot),
            ["__builtin_offsetof(struct btrfs_ioctl_vol_args_v2, flags)"] = 16,
            ["__builtin_offsetof(struct btrfs_ioctl_vol_args_v2, name)"] = 56,
        };
        CloneAndOpen(layouts);
        Status(layouts);
        Signals(layouts);
        Bpf(layouts);
        return layouts;
    }

    private static void CloneAndOpen(Dictionary<string, long> layouts)
    {
        Sys.CloneArgs clone = default;
        layouts["__builtin_offsetof(struct clone_args, pidfd)"] = At(ref clone, ref clone.PidFd);
        layouts["__builtin_offsetof(struct clone_args, exit_signal)"] = At(ref clone, ref clone.ExitSignal);
        layouts["__builtin_offsetof(struct clone_args, set_tid_size)"] = At(ref clone, ref clone.SetTidSize);
        layouts["__builtin_offsetof(struct clone_args, cgroup)"] = At(ref clone, ref clone.Cgroup);
        Sys.OpenHow how = default;
        layouts["__builtin_offsetof(struct open_how, mode)"] = At(ref how, ref how.Mode);
        layouts["__builtin_offsetof(struct open_how, resolve)"] = At(ref how, ref how.Resolve);
        Sys.MountAttr attributes = default;
        layouts["__builtin_offsetof(struct mount_attr, attr_clr)"] = At(ref attributes, ref attributes.Clear);
        layouts["__builtin_offsetof(struct mount_attr, propagation)"] = At(ref attributes, ref attributes.Propagation);
        layouts["__builtin_offsetof(struct mount_attr, userns_fd)"] = At(ref attributes, ref attributes.UserNamespaceFd);
    }

    private static void Status(Dictionary<string, long> layouts)
    {
        Sys.StatxBuffer status = default;
        layouts["__builtin_offsetof(struct statx, stx_nlink)"] = At(ref status, ref status.Nlink);
        layouts["__builtin_offsetof(struct statx, stx_uid)"] = At(ref status, ref status.Uid);
        layouts["__builtin_offsetof(struct statx, stx_gid)"] = At(ref status, ref status.Gid);
        layouts["__builtin_offsetof(struct statx, stx_mode)"] = At(ref status, ref status.Mode);
        layouts["__builtin_offsetof(struct statx, stx_ino)"] = At(ref status, ref status.Ino);
        layouts["__builtin_offsetof(struct statx, stx_size)"] = At(ref status, ref status.Size);
        layouts["__builtin_offsetof(struct statx, stx_mtime.tv_sec)"] = At(ref status, ref status.ModifiedSeconds);
        layouts["__builtin_offsetof(struct statx, stx_mtime.tv_nsec)"] = At(ref status, ref status.ModifiedNanoseconds);
        layouts["__builtin_offsetof(struct statx, stx_rdev_major)"] = At(ref status, ref status.RdevMajor);
        layouts["__builtin_offsetof(struct statx, stx_rdev_minor)"] = At(ref status, ref status.RdevMinor);
        layouts["__builtin_offsetof(struct statx, stx_dev_major)"] = At(ref status, ref status.DevMajor);
        layouts["__builtin_offsetof(struct statx, stx_dev_minor)"] = At(ref status, ref status.DevMinor);
        layouts["__builtin_offsetof(struct statx, stx_mnt_id)"] = At(ref status, ref status.MountId);
        Sys.StatFsBuffer system = default;
        layouts["__builtin_offsetof(struct statfs, f_type)"] = At(ref system, ref system.Type);
        layouts["__builtin_offsetof(struct statfs, f_flags)"] = At(ref system, ref system.Flags);
    }

    private static void Signals(Dictionary<string, long> layouts)
    {
        Sys.SigInfo info = default;
        layouts["__builtin_offsetof(siginfo_t, si_code)"] = At(ref info, ref info.Code);
        layouts["__builtin_offsetof(siginfo_t, si_pid)"] = At(ref info, ref info.Pid);
        layouts["__builtin_offsetof(siginfo_t, si_status)"] = At(ref info, ref info.Status);
        Sys.KernelSigAction action = default;
        layouts["__builtin_offsetof(struct sigaction, sa_flags)"] = At(ref action, ref action.Flags);
        layouts["__builtin_offsetof(struct sigaction, sa_restorer)"] = At(ref action, ref action.Restorer);
        layouts["__builtin_offsetof(struct sigaction, sa_mask)"] = At(ref action, ref action.Mask);
        PollFd poll = default;
        layouts["__builtin_offsetof(struct pollfd, events)"] = At(ref poll, ref poll.Events);
        layouts["__builtin_offsetof(struct pollfd, revents)"] = At(ref poll, ref poll.Returned);
    }

    private static void Bpf(Dictionary<string, long> layouts)
    {
        Sys.FilterProgram filter = default;
        layouts["sizeof(struct sock_fprog)"] = sizeof(Sys.FilterProgram);
        layouts["__builtin_offsetof(struct sock_fprog, filter)"] = At(ref filter, ref filter.Instructions);
        layouts["sizeof(struct sock_filter)"] = sizeof(ulong);
        Sys.BpfLoad load = default;
        layouts["__builtin_offsetof(union bpf_attr, insn_cnt)"] = At(ref load, ref load.InsnCount);
        layouts["__builtin_offsetof(union bpf_attr, insns)"] = At(ref load, ref load.Insns);
        layouts["__builtin_offsetof(union bpf_attr, license)"] = At(ref load, ref load.License);
        layouts["__builtin_offsetof(union bpf_attr, log_level)"] = At(ref load, ref load.LogLevel);
        layouts["__builtin_offsetof(union bpf_attr, log_size)"] = At(ref load, ref load.LogSize);
        layouts["__builtin_offsetof(union bpf_attr, log_buf)"] = At(ref load, ref load.LogBuffer);
        layouts["__builtin_offsetof(union bpf_attr, prog_flags)"] = At(ref load, ref load.ProgFlags);
        Sys.BpfAttachment attachment = default;
        layouts["__builtin_offsetof(union bpf_attr, attach_bpf_fd)"] = At(ref attachment, ref attachment.ProgFd);
        layouts["__builtin_offsetof(union bpf_attr, attach_type)"] = At(ref attachment, ref attachment.AttachType);
        layouts["__builtin_offsetof(union bpf_attr, attach_flags)"] = At(ref attachment, ref attachment.Flags);
        layouts["__builtin_offsetof(union bpf_attr, replace_bpf_fd)"] = At(ref attachment, ref attachment.ReplaceFd);
        Sys.BpfQuery query = default;
        layouts["__builtin_offsetof(union bpf_attr, query.attach_type)"] = At(ref query, ref query.AttachType);
        layouts["__builtin_offsetof(union bpf_attr, query.prog_ids)"] = At(ref query, ref query.ProgIds);
        layouts["__builtin_offsetof(union bpf_attr, query.prog_cnt)"] = At(ref query, ref query.ProgCount);
    }

    private static long At<TStruct, TField>(ref TStruct whole, ref TField field) =>
        (long)Unsafe.ByteOffset(ref Unsafe.As<TStruct, byte>(ref whole), ref Unsafe.As<TField, byte>(ref field));
}
