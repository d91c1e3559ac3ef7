using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    private static Errno CloseHostsDescriptors(InitContext context, int preserved)
    {
        Span<int> kept = [context.Sync, context.Container, context.ConsoleSocket];
        return CloseAllBut(kept, 3 + preserved);
    }

    private static Errno JoinContainer(InitContext context, JoinContainer join)
    {
        ulong flags = 0;
        foreach (var type in join.Types)
        {
            flags |= type.Flag();
        }
        var error = Sys.SetNs(context.Container, (int)flags);
        if (error != Errno.OK)
        {
            return error;
        }
        // setns(2) has made the container's root this process's.
        var root = Sys.Open(Native.AT_FDCWD, "/"u8, Native.O_PATH | Native.O_DIRECTORY);
        context.Root = root.Value;
        return context.Failed("open its root"u8, root.Error);
    }

    private static Errno JoinKeyring(JoinKeyring keyring)
    {
        var joined = Sys.KeyctlJoin(keyring.Name);
        return joined.Error == Errno.ENOSYS ? Errno.OK : joined.Error;
    }
}
