using System;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

/// <summary>
/// The clone child. It is a copy of a managed process with one thread left, so these rules hold in this folder (spec/architecture.md):
/// 1. Nothing waits for another thread: no Task, timer, pool, finalizer, Process, Console, lock; nothing counts on a collection.
/// 2. Every kernel call goes through SharpRun.Linux; ids are set with raw system calls (glibc's would wait for a thread that is not there).
/// 3. It leaves only by execve or _exit: <see cref="Run"/> catches everything.
/// 4. After the pivot no path of the host is read: what is needed is in the step or in a descriptor.
/// 5. Expected failures are errno values; an exception is thrown only to die.
/// </summary>
static class Init
{
    /// <summary>Walks the steps; called in the clone child only, never returns.</summary>
    [DoesNotReturn]
    public static void Run(Plan plan, InitContext context, bool timed)
    {
        var recorder = context.Recorder;
        try
        {
            Sys.Close(context.ParentSync);
            if (context.Bus >= 0)
            {
                Sys.Close(context.Bus);
            }
            Sys.Umask(0);
            for (var i = 0; i < plan.Steps.Count; i++)
            {
                recorder.Begin(i, timed);
                context.Step = i;
#if MUTANTS
                if (Mutant.Skips("Step." + plan.Steps[i].GetType().Name))
                {
                    continue;
                }
#endif
                var error = Verbs.Do(context, plan.Steps[i]);
                if (error != Errno.OK)
                {
                    recorder.Fail(error);
                    Sys.Exit(1);
                }
            }
        }
        catch (Exception bug)
        {
            recorder.Detail(Encoding.UTF8.GetBytes($"{bug.GetType().Name}: {bug.Message}"));
            recorder.Fail(InitContext.Refused);
        }
        Sys.Exit(1);
    }
}
