using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.InitStage;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>What a child left in its recorder page (see <see cref="Recorder"/> for the layout).</summary>
readonly record struct Outcome(InitPhase Phase, int Step, int StepCount, Errno Error, string Detail)
{
    /// <summary>The program was executed, as far as the child can know: it entered execve and did not come back.</summary>
    public bool Executed => Phase == InitPhase.Executing;

    public bool Failed => Phase == InitPhase.Failed;

    /// <summary>A startContainer hook failed: its verb leaves a whole sentence and no errno, and the program is the last step.</summary>
    public bool IsHook => Failed && Error == Errno.OK && Step < StepCount - 1;

    /// <summary>For start, which has no plan at hand: after "created" only the program itself can fail.</summary>
    public string Message => Error == Errno.OK ? Detail : $"exec: \"{Detail}\": {Error.Text()}";
}

static class RecorderFile
{
    public const string Name = "recorder";

    /// <summary>The recorder of a container's state directory; a damaged or missing one says "running, step unknown".</summary>
    public static Outcome Read(int directory)
    {
        var opened = Sys.Open(directory, "recorder"u8, Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK);
        if (!opened.Ok)
        {
            return new Outcome(InitPhase.Running, -1, 0, Errno.OK, "");
        }
        Span<byte> page = stackalloc byte[Recorder.TimesAt];
        var read = Sys.PRead(opened.Value, page, 0);
        Sys.Close(opened.Value);
        return read.Ok && read.Value == page.Length ? Parse(page) : new Outcome(InitPhase.Running, -1, 0, Errno.OK, "");
    }

    public static Outcome Parse(ReadOnlySpan<byte> page)
    {
        var length = Math.Clamp(Word(page, Recorder.DetailLengthAt), 0, Recorder.TimesAt - Recorder.DetailAt);
        return new Outcome(
            (InitPhase)Word(page, Recorder.PhaseAt),
            Word(page, Recorder.StepAt),
            Word(page, Recorder.StepCountAt),
            (Errno)Word(page, Recorder.ErrnoAt),
            Encoding.UTF8.GetString(page.Slice(Recorder.DetailAt, length)));
    }

    /// <summary>The pid of the process that the child has cloned, as the kernel has written it; 0 when there was none.</summary>
    public static int Second(ReadOnlySpan<byte> page) => Word(page, Recorder.SecondAt);

    /// <summary>Index, errno and detail, with the plan that the parent still holds, make the sentence.</summary>
    public static Exception Describe(in Outcome outcome, Plan plan)
    {
        var step = plan.Steps[Math.Clamp(outcome.Step, 0, plan.Steps.Count - 1)];
        var place = $"step {outcome.Step} of {plan.Steps.Count}";
        var sentence = step.Failure(outcome.Detail);
        if (step is RunHook hook)
        {
            return new HookError(sentence, $"{hook.Kind.Word()} hook #{hook.Index}", outcome.Error);
        }
        return outcome.Error == Errno.OK
            ? new StepError(sentence, step.Text, Errno.OK, ErrorCodes.Of(step, Errno.OK))
            : new StepError($"{sentence}: {outcome.Error.Text()} ({outcome.Error}; {place})", step.Text, outcome.Error, ErrorCodes.Of(step, outcome.Error));
    }

    /// <summary>The child died without a word: by a signal, in the step that the page names.</summary>
    public static StepError DescribeDeath(in Outcome outcome, Plan plan, ErrorCode code, string how)
    {
        if (outcome.Step < 0)
        {
            return new StepError($"{plan.Who} {how} before its first step", "", Errno.OK, code);
        }
        var step = plan.Steps[Math.Clamp(outcome.Step, 0, plan.Steps.Count - 1)];
        return new StepError($"{plan.Who} {how} in step {outcome.Step} of {plan.Steps.Count}, {step.Text}", step.Text, Errno.OK, code);
    }

    /// <summary>The timed plan of --debug: when each step began, and how long it took, in microseconds.</summary>
    public static IEnumerable<string> Times(byte[] page, Plan plan)
    {
        for (var i = 0; i < plan.Steps.Count; i++)
        {
            var began = Time(page, i);
            var ended = i + 1 < plan.Steps.Count ? Time(page, i + 1) : 0;
            if (began == 0)
            {
                yield break;
            }
            var took = ended == 0 ? "      " : string.Create(CultureInfo.InvariantCulture, $"{(ended - began) / 1000,6}");
            yield return string.Create(CultureInfo.InvariantCulture, $"{i,3} {took} us  {plan.Steps[i].Text}");
        }
    }

    private static int Word(ReadOnlySpan<byte> page, int at) => BinaryPrimitives.ReadInt32LittleEndian(page[at..]);

    private static long Time(byte[] page, int step) => BinaryPrimitives.ReadInt64LittleEndian(page.AsSpan(Recorder.TimesAt + 8 * step));
}
