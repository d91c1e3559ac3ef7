namespace SharpRun.Planning;

/// <summary>The words of linux.seccomp, as the reader takes them and `features` lists them.</summary>
public static class SeccompWords
{
    public static readonly (string Word, SeccompAction Action)[] Actions =
    [
        ("SCMP_ACT_ALLOW", SeccompAction.Allow), ("SCMP_ACT_ERRNO", SeccompAction.Errno), ("SCMP_ACT_KILL", SeccompAction.KillThread),
        ("SCMP_ACT_KILL_PROCESS", SeccompAction.KillProcess), ("SCMP_ACT_KILL_THREAD", SeccompAction.KillThread), ("SCMP_ACT_LOG", SeccompAction.Log),
        ("SCMP_ACT_NOTIFY", SeccompAction.Notify), ("SCMP_ACT_TRACE", SeccompAction.Trace), ("SCMP_ACT_TRAP", SeccompAction.Trap),
    ];

    public static readonly (string Word, SeccompOperator Operator)[] Operators =
    [
        ("SCMP_CMP_EQ", SeccompOperator.Equal), ("SCMP_CMP_GE", SeccompOperator.GreaterOrEqual), ("SCMP_CMP_GT", SeccompOperator.Greater),
        ("SCMP_CMP_LE", SeccompOperator.LessOrEqual), ("SCMP_CMP_LT", SeccompOperator.Less), ("SCMP_CMP_MASKED_EQ", SeccompOperator.MaskedEqual),
        ("SCMP_CMP_NE", SeccompOperator.NotEqual),
    ];

    public static readonly (string Word, SeccompFlags Flag)[] Flags =
    [
        ("SECCOMP_FILTER_FLAG_TSYNC", SeccompFlags.Tsync), ("SECCOMP_FILTER_FLAG_SPEC_ALLOW", SeccompFlags.SpecAllow),
        ("SECCOMP_FILTER_FLAG_LOG", SeccompFlags.Log), ("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SeccompFlags.WaitKillableRecv),
    ];
}
