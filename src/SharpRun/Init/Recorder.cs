using System;
using System.Buffers.Binary;
using SharpRun.Linux;

namespace SharpRun.InitStage;

enum InitPhase
{
    Running = 0, Failed = 1, Created = 2, Executing = 3,
}

/// <summary>A page in the state directory that the child writes and others read: its step, its errno, a word of detail, and when each step
/// began. Memory only, no system call; it outlives the child, so that a death by signal can still be told with its step.</summary>
sealed class Recorder(SharedPage page)
{
    // Layout: 0 magic, 4 phase, 8 step, 12 errno, 16 detail length, 20 step count, 24 pid of the second clone, 32 detail text, 512 times (ns, 8 bytes a step).
    public const int Magic = 0x31525253; // "SRR1"
    public const int PhaseAt = 4, StepAt = 8, ErrnoAt = 12, DetailLengthAt = 16, StepCountAt = 20, SecondAt = 24, DetailAt = 32, TimesAt = 512;
    private const int DetailRoom = TimesAt - DetailAt;

    public static int SizeFor(int steps) => (TimesAt + 8 * steps + 4095) / 4096 * 4096;

    public void Start(int steps)
    {
        Write(0, Magic);
        Write(StepAt, -1);
        Write(StepCountAt, steps);
    }

    /// <summary>The kernel writes there: a process that is killed at that moment cannot say any more what it has made.</summary>
    public Span<byte> Second => page.Bytes.Slice(SecondAt, sizeof(int));

    public void Begin(int step, bool timed)
    {
        Write(StepAt, step);
        if (timed)
        {
            BinaryPrimitives.WriteInt64LittleEndian(page.Bytes[(TimesAt + 8 * step)..], Sys.MonotonicNanoseconds());
        }
    }

    public void Phase(InitPhase phase) => Write(PhaseAt, (int)phase);

    /// <summary>Detail is text without or with a final zero; what does not fit is cut.</summary>
    public void Detail(ReadOnlySpan<byte> detail)
    {
        detail = detail.TrimEnd((byte)0);
        if (detail.Length > DetailRoom)
        {
            detail = detail[..DetailRoom];
        }
        detail.CopyTo(page.Bytes[DetailAt..]);
        Write(DetailLengthAt, detail.Length);
    }

    public void Fail(Errno error)
    {
        Write(ErrnoAt, error == InitContext.Refused ? 0 : (int)error);
        Phase(InitPhase.Failed);
    }

    private void Write(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(page.Bytes[at..], value);
}
