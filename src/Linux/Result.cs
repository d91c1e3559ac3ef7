namespace SharpRun.Linux;

/// <summary>What a system call gave: a value of zero or more, or an errno. The caller decides which errno is an answer.</summary>
public readonly struct Result
{
    private readonly nint _raw;

    private Result(nint raw) => _raw = raw;

    public static Result Of(nint value) => new(value);

    public static Result Failed(Errno error) => new(-(nint)(int)error);

    public bool Ok => _raw >= 0;

    public int Value => (int)_raw;

    public nint Long => _raw;

    public Errno Error => _raw >= 0 ? Errno.OK : (Errno)(int)-_raw;

    /// <summary>The value, or an <see cref="ErrnoException"/> that says what was being done.</summary>
    public int OrThrow(string act)
    {
        Error.OrThrow(act);
        return Value;
    }
}
