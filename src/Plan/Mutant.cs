namespace SharpRun.Planning;

/// <summary>`make mutants` builds a test-only binary in which one kind of step, one check or one undo, named by SHARPRUN_MUTANT,
/// is left out; a test must then turn red. In the shipped binary <see cref="Skips"/> is a constant and the name does not exist.</summary>
public static class Mutant
{
#if MUTANTS
    public static string? Name { get; set; }

    public static bool Skips(string name) => name == Name;
#else
    public static bool Skips(string name) => false;
#endif
}
