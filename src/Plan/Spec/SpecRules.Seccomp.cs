using System;

namespace SharpRun.Planning;

public static partial class SpecRules
{
    private const uint MaxErrno = 4095, MaxTraceData = 65535;

    // The kernel has 16 bits for it. Cut to them, 65536 would be 0: a denied call would say that it went well.
    private static void SeccompErrnosFit(Spec spec) => EachErrno(spec, static (path, action, errno) =>
    {
        var most = action == SeccompAction.Errno ? MaxErrno : MaxTraceData;
        if (errno > most)
        {
            throw new SpecError(path, $"a whole number from 0 to {most} is expected, found {errno}");
        }
    });

    // The specification: the runtime must fail when the action has no room for it.
    private static void SeccompErrnosAreCarried(Spec spec) => EachErrno(spec, static (path, action, _) =>
    {
        if (action is not (SeccompAction.Errno or SeccompAction.Trace))
        {
            throw new SpecError(path, "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE return a number");
        }
    });

    private static void EachErrno(Spec spec, Action<string, SeccompAction, uint> check)
    {
        if (spec.Linux.Seccomp is not { } seccomp)
        {
            return;
        }
        if (seccomp.DefaultErrnoRet is { } errno)
        {
            check("linux.seccomp.defaultErrnoRet", seccomp.DefaultAction, errno);
        }
        for (var i = 0; i < seccomp.Syscalls.Count; i++)
        {
            if (seccomp.Syscalls[i].ErrnoRet is { } ofRule)
            {
                check($"linux.seccomp.syscalls[{i}].errnoRet", seccomp.Syscalls[i].Action, ofRule);
            }
        }
    }

    private static void SeccompNamesAreGiven(Spec spec)
    {
        for (var i = 0; i < spec.Linux.Seccomp?.Syscalls.Count; i++)
        {
            for (var j = 0; j < spec.Linux.Seccomp.Syscalls[i].Names.Count; j++)
            {
                if (spec.Linux.Seccomp.Syscalls[i].Names[j].Length == 0)
                {
                    throw new SpecError($"linux.seccomp.syscalls[{i}].names[{j}]", "a system call has an empty name");
                }
            }
        }
    }

    // The init process itself is under the filter before an agent can answer for it.
    private static void SeccompDefaultIsNotNotify(Spec spec)
    {
        if (spec.Linux.Seccomp is { DefaultAction: SeccompAction.Notify })
        {
            throw new SpecError("linux.seccomp.defaultAction", "SCMP_ACT_NOTIFY cannot be used as default action");
        }
    }

    private static void SeccompWriteIsNotNotified(Spec spec)
    {
        for (var i = 0; i < spec.Linux.Seccomp?.Syscalls.Count; i++)
        {
            var rule = spec.Linux.Seccomp.Syscalls[i];
            for (var j = 0; rule.Action == SeccompAction.Notify && j < rule.Names.Count; j++)
            {
                // runc's word is write. Ours is sendmsg, by which the parent gets the listener.
                if (rule.Names[j] is "write" or "sendmsg")
                {
                    throw new SpecError($"linux.seccomp.syscalls[{i}].names[{j}]", $"SCMP_ACT_NOTIFY cannot be used for the {rule.Names[j]} syscall");
                }
            }
        }
    }

    private static void SeccompListenerIsGiven(Spec spec)
    {
        if (spec.Linux.Seccomp is { ListenerPath: null, Notifies: true })
        {
            throw new SpecError("linux.seccomp.listenerPath", "SCMP_ACT_NOTIFY needs the socket of a seccomp agent");
        }
    }
}
