using System;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.InitStage;

// What is mounted from the host, or from what a tmpfs covers: where it comes from, and whose it seems to be.
static partial class Verbs
{
    /// <summary>The detached copy of a bind mount's source.</summary>
    private static Result OpenSource(InitContext context, BindMount bind)
    {
        var flags = Native.OPEN_TREE_CLONE | (bind.Flags.Recursive ? Native.AT_RECURSIVE : 0u);
        var opened = Sys.OpenTree(Native.AT_FDCWD, bind.Source, flags);
        if (opened.Error != Errno.EACCES)
        {
            return opened;
        }
        var place = AskForPath(context);
        if (!place.Ok)
        {
            return place;
        }
        var tree = Sys.OpenTree(place.Value, ""u8, flags | Native.AT_EMPTY_PATH);
        Sys.Close(place.Value);
        return tree;
    }

    /// <summary>The directory, on the host, that becomes the root.</summary>
    private static Result OpenRootfs(InitContext context, BindRootfs bind)
    {
        var place = Sys.Open(Native.AT_FDCWD, bind.Path, Native.O_PATH | Native.O_DIRECTORY);
        return place.Error == Errno.EACCES ? AskForPath(context) : place;
    }

    // What the container's root may not reach, its creator may (EACCES: a folder on the way belongs to another, and is closed).
    private static Result AskForPath(InitContext context)
    {
        var asked = Conversation.Say(context.Sync, Conversation.Source, context.Step);
        var given = asked.Ok ? Sys.ReceiveDescriptor(context.Sync) : asked;
        // An answer without one: nor may the creator.
        return given.Error == Errno.EBADMSG ? Result.Failed(Errno.EACCES) : given;
    }

    // Who mounted the file system has to map the ids, and that is the host's root: the parent does it to our detached mount.
    private static Errno MapIds(InitContext context, int tree)
    {
        var asked = Conversation.Say(context.Sync, Conversation.IdMap, context.Step);
        var error = asked.Ok ? Sys.SendDescriptor(context.Sync, [Conversation.IdMap], tree) : asked.Error;
        return error == Errno.OK ? AwaitAnswer(context) : context.Failed("ask for the id map"u8, error);
    }

    /// <summary>tmpcopyup: the tmpfs, not to be seen yet, begins with what it is going to cover.</summary>
    private static Errno CopyUp(InitContext context, int covered, int tmpfs)
    {
        var source = Sys.Open(covered, "."u8, Native.O_RDONLY | Native.O_DIRECTORY);
        if (!source.Ok)
        {
            return context.Failed("tmpcopyup"u8, source.Error);
        }
        Span<byte> culprit = stackalloc byte[TreeCopy.NameRoom];
        var error = TreeCopy.Copy(source.Value, tmpfs, culprit);
        Sys.Close(source.Value);
        if (error == Errno.OK)
        {
            return error;
        }
        Span<byte> detail = [.. "tmpcopyup: failed to copy "u8, .. culprit[..culprit.IndexOf((byte)0)]];
        return context.Failed(detail, error);
    }
}
