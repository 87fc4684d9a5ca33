namespace Airlock.Server.Tests;

public sealed class ModuleBundleTests
{
    private static readonly Dictionary<string, string> _modules = new()
    {
        ["/app/main.js"] = "import { one,\n  two as second } from './a.js';\nimport * as all from '/client/index.js';\nawait show(one, second, all);\n",
        ["/app/a.js"] = "import { base } from './deep/b.js';\nexport const one = base;\nexport function two() {}\nconst three = 3;\nexport { three as four };\n",
        ["/app/deep/b.js"] = "export class base {}\nexport async function later() {}\n",
        ["/client/index.js"] = "export { base as Base } from '../app/deep/b.js';\nexport {};\n",
    };

    [Fact]
    public void Modules_become_one_script_each_once_and_before_those_that_import_it()
    {
        var script = ModuleBundle.Make("/app/main.js", static path => _modules[path]);
        Assert.Equal(
            """
            // /app/deep/b.js
            const $0 = (() => {
            class base {}
            async function later() {}

            return { base, later };
            })();
            // /app/a.js
            const $1 = (() => {
            const { base: base, } = $0;
            const one = base;
            function two() {}
            const three = 3;


            return { four: three, one, two };
            })();
            // /client/index.js
            const $2 = (() => {



            return { Base: $0.base };
            })();
            // /app/main.js
            const { one: one, two: second, } = $1;
            const all = $2;
            await show(one, second, all);

            """.ReplaceLineEndings("\n"),
            script);
    }

    [Theory]
    [InlineData("import './b.js';")]
    [InlineData("import x from './b.js';")]
    [InlineData("export default 1;")]
    [InlineData("export let x = 1;")]
    [InlineData("export const { x } = y;")]
    [InlineData("const x = await import('./b.js');")]
    public void A_form_that_is_not_understood_is_refused(string line) =>
        Assert.StartsWith("/app/a.js: this form is not understood: ", Assert.Throws<InvalidOperationException>(() => ModuleBundle.Make("/app/a.js", _ => line)).Message);

    [Fact]
    public void A_circle_is_refused() =>
        Assert.Equal("/app/a.js imports itself by way of others.", Assert.Throws<InvalidOperationException>(() => ModuleBundle.Make("/app/a.js", static path => path == "/app/a.js" ? "import { b } from './b.js';" : "import { a } from './a.js';")).Message);
}
