using System;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    // The listener itself is closed with all other descriptors: a close of its own could be one of the calls that wait for the agent.
    private static Errno LoadSeccomp(InitContext context, LoadSeccomp load)
    {
        Span<byte> word = [Conversation.Listener];
        if (load.Filter.HasListener && Sys.Send(context.Sync, word, Native.MSG_NOSIGNAL) is { Ok: false } unheard)
        {
            return unheard.Error;
        }
        var loaded = Sys.LoadSeccomp(load.Filter.Instructions, (uint)load.Filter.Flags);
        if (!loaded.Ok || !load.Filter.HasListener)
        {
            return loaded.Error;
        }
        var sent = Sys.SendDescriptor(context.Sync, word, loaded.Value);
        return sent == Errno.OK ? AwaitAnswer(context) : context.Failed("send the listener to the parent"u8, sent);
    }
}
