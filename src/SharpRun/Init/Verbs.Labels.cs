using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    private static Errno SetApparmorProfile(InitContext context, SetApparmorProfile set)
    {
        // The directory of AppArmor's own came with 5.1; attr/exec belongs to whichever module is the first.
        var error = WriteAttribute(context, "self/attr/apparmor/exec"u8, set.Command.Text);
        if (error == Errno.ENXIO)
        {
            error = WriteAttribute(context, "self/attr/exec"u8, set.Command.Text);
        }
        return error == Errno.ENOENT ? context.Refuse("no profile of this name is loaded"u8) : error;
    }

    private static Errno SetSelinuxLabel(InitContext context, SetSelinuxLabel set)
    {
        var error = set.WithKeyring ? context.Failed("keycreate"u8, WriteAttribute(context, "self/attr/keycreate"u8, set.Label.Text)) : Errno.OK;
        return error == Errno.OK ? WriteAttribute(context, "self/attr/exec"u8, set.Label.Text) : error;
    }

    /// <summary>One write(2) to a file below the host's /proc; ENXIO when there is no such file. The descriptors are closed again: exec has
    /// nothing of the host open when it enters the container.</summary>
    private static Errno WriteAttribute(InitContext context, ReadOnlySpan<byte> path, ReadOnlySpan<byte> text)
    {
        var proc = OpenProc(context);
        if (!proc.Ok)
        {
            return proc.Error;
        }
        // "self" is a link, but one that stays in this /proc.
        const ulong resolve = Native.RESOLVE_BENEATH | Native.RESOLVE_NO_XDEV | Native.RESOLVE_NO_MAGICLINKS;
        var file = Sys.OpenAt2(proc.Value, path, Native.O_WRONLY, 0, resolve);
        Sys.Close(proc.Value);
        if (!file.Ok)
        {
            return file.Error == Errno.ENOENT ? Errno.ENXIO : file.Error;
        }
        var written = Sys.Write(file.Value, text);
        Sys.Close(file.Value);
        return written.Error;
    }

    /// <summary>The label of a mount's top directory, for a file system that has no option for it.</summary>
    private static Errno LabelTop(InitContext context, int tree, CString label)
    {
        var top = Sys.Open(tree, "."u8, Native.O_RDONLY | Native.O_DIRECTORY);
        var error = top.Ok ? Sys.SetAttribute(top.Value, "security.selinux"u8, label.Text) : top.Error;
        Sys.Close(top.Value);
        return context.Failed("label it"u8, error);
    }
}
