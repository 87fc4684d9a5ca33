using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>Puts a type of the lab's in place of the platform's locks: the compiler calls the platform's by itself, and nobody could come between.</summary>
internal sealed class LockRewriter : CSharpSyntaxRewriter
{
    /// <summary>The type; in the namespace above those of the libraries, where it is found before the platform's. The lab sets what it calls.</summary>
    public const string Lock = """
        namespace Airlock
        {
            internal sealed class Lock
            {
                internal static System.Action<object> Enter = System.Threading.Monitor.Enter;
                internal static System.Action<object> Exit = System.Threading.Monitor.Exit;

                internal static System.Func<object, bool> IsHeld = System.Threading.Monitor.IsEntered;

                internal bool IsHeldByCurrentThread => IsHeld(this);

                internal Scope EnterScope()
                {
                    Enter(this);
                    return new Scope(this);
                }

                internal readonly ref struct Scope(Lock taken)
                {
                    public void Dispose() => Exit(taken);
                }
            }
        }
        """;

    /// <inheritdoc/>
    public override SyntaxNode? VisitLockStatement(LockStatementSyntax node)
    {
        var visited = (LockStatementSyntax)base.VisitLockStatement(node)!;
        var scope = SyntaxFactory.InvocationExpression(SyntaxFactory.MemberAccessExpression(
            SyntaxKind.SimpleMemberAccessExpression, SyntaxFactory.ParenthesizedExpression(visited.Expression), SyntaxFactory.IdentifierName("EnterScope")));
        return SyntaxFactory.UsingStatement(null, scope, visited.Statement).WithTriviaFrom(visited);
    }
}
