namespace SharpRun.Json;

/// <summary>The checks of this room that `make mutants` can leave out, one at a time. A test must then turn red.</summary>
enum JsonCheck
{
    LetterCaseIsRight,
    DocumentIsSmall,
    ItemsAreFew,
    NameIsGivenOnce,
}
