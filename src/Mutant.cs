using System;

namespace SharpRun;

/// <summary>`make mutants` makes a test-only build in which one kind of step, one check or one undo, named by SHARPRUN_MUTANT, is left out; a test
/// must then turn red. In the shipped build all of these are constants and the name does not exist. Compiled into each room that has checks, so
/// that the pure ones need not reference another for it.</summary>
static class Mutant
{
#if MUTANTS
#pragma warning disable RS0030 // Only the test-only build reads this name.
    private static readonly string? s_name = Environment.GetEnvironmentVariable("SHARPRUN_MUTANT");
#pragma warning restore RS0030

    public static bool Skips(string name) => name == s_name;
#else
    public static bool Skips(string name) => false;
#endif

    /// <summary>The condition of a refusal, which the test-only build can answer with "fine".</summary>
    public static bool Fails<TCheck>(this TCheck check, bool condition)
        where TCheck : struct, Enum =>
#if MUTANTS
        condition && !Skips($"{typeof(TCheck).Name}.{check}");
#else
        condition;
#endif

    /// <summary>The same of a condition that must hold.</summary>
    public static bool Passes<TCheck>(this TCheck check, bool condition)
        where TCheck : struct, Enum => !check.Fails(!condition);
}
