// Projects that know nothing of Airlock but its NuGet packages: the .NET client's README, the server of the README, an application with cookies.

import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { guide } from './guide.js';
import { Page } from './page.js';
import { ROOT } from './workshop.js';

/** @import { Workshop } from './workshop.js' */
/** @import { Packed } from './packed.js' */

const { WebSocket } = createRequire(join(ROOT, 'tests/peers/package.json'))('ws');
const LISTENS = /Now listening on: (http:\/\/\S+)/;
const ANYWHERE = { ASPNETCORE_URLS: 'http://127.0.0.1:0', ASPNETCORE_ENVIRONMENT: 'Production' };

/** @param {string} text @param {string} what @param {string} by */
function replaced(text, what, by) {
  assert.ok(text.includes(what), what);
  return text.replace(what, () => by);
}

/** A JSON Web Token, signed with a key that the server is given by its settings. @param {Buffer} key @param {object} claims */
function tokenOf(key, claims) {
  const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

/**
 * @param {Workshop} shop @param {() => Packed} packed @param {{ address: string }} chat
 * @param {() => Promise<any>} client the npm package's module
 */
export function dotnetPackageTests(shop, packed, chat, client) {
  /** A client of the npm package over `ws`. @param {string} address @param {object} options @param {Record<string, string>} [headers] */
  async function dial(address, options, headers = {}) {
    const { AirlockClient } = await client();
    class Socket extends WebSocket {
      /** @param {string} url @param {string[]} protocols */
      constructor(url, protocols) {
        super(url, protocols, { headers });
      }
    }
    return new AirlockClient(new URL('/chat', address).href, { WebSocket: Socket, ...options });
  }

  test('Every NuGet package says what it is, and its README stands alone', async (t) => {
    const { folder, version } = packed();
    const packages = readdirSync(folder).filter((name) => name.endsWith('.nupkg')).sort();
    assert.deepEqual(packages, ['Airlock', 'Airlock.AspNetCore', 'Airlock.Client', 'Airlock.Core', 'Airlock.Lab', 'Airlock.Lab.Testing'].map((id) => `${id}.${version}.nupkg`));
    const unpacked = shop.empty('unpacked');
    for (const name of packages) {
      const id = basename(name, `.${version}.nupkg`);
      await shop.run(`python3 -m zipfile -e "${join(folder, name)}" "${join(unpacked, id)}" || unzip -q "${join(folder, name)}" -d "${join(unpacked, id)}"`, unpacked);
      const nuspec = readFileSync(join(unpacked, id, `${id}.nuspec`), 'utf8');
      for (const element of [/<license type="expression">MIT</, /<readme>README.md</, /<description>.{40}/, /<tags>\w+ \w+/, /<authors>Airlock contributors</]) assert.match(nuspec, element, id);
      assert.doesNotMatch(nuspec, /https?:\/\/(?!schemas\.microsoft|licenses\.nuget)/, 'an address that nobody has');
      const readme = readFileSync(join(unpacked, id, 'README.md'), 'utf8');
      assert.match(readme, id === 'Airlock.Lab' ? /^ {4}dotnet tool install --global Airlock\.Lab$/m : new RegExp(`^ {4}dotnet add package ${id.replaceAll('.', '\\.')}$`, 'm'), `how to install ${id}`);
      assert.match(readme, /^(```| {4}airlock-lab )/m, `code in the README of ${id}`);
      assert.doesNotMatch(readme, /\]\((?!https:)/, `a link that leads nowhere in the README of ${id}`);
      assert.ok(id.startsWith('Airlock.Lab') || existsSync(join(folder, name.replace('.nupkg', '.snupkg'))), `symbols of ${id}`);
    }
  });

  test('The .NET client’s README talks to the guide’s chat', async () => {
    const readme = new Page('src/Airlock.Client/README.md');
    const folder = shop.empty('Visitor');
    await shop.run('dotnet new console', folder);
    await shop.run(guide.typed('next').find((command) => command.includes('Airlock.Client')) ?? 'false', folder);
    let program = replaced(readme.first('csharp'), 'wss://example.org/chat', new URL('/chat', chat.address.replace('http', 'ws')).href);
    program = replaced(program, 'record Answer(string Text);', 'static ValueTask<string?> GetTokenAsync<T>(T reason, CancellationToken cancellation) => new((string?)null);\n\nrecord Answer(string Text);');
    shop.write(join(folder, 'Program.cs'), program);
    const lines = (await shop.run('dotnet run', folder)).split('\n').map((line) => line.trim());
    assert.equal(lines.filter((line) => line === 'Where does my AI spend go?').length, 1, lines.join('\n'));
    // "12:34:56.789 Accepted": without the time.
    const states = lines.filter((line) => /^\d\d:\d\d:/.test(line)).map((line) => line.slice(12).trim());
    assert.equal(states.join(', '), 'Connecting, Accepted, Authenticated, ServicesReady, ProcessingReady, Closing bye, Closed bye');
  });

  test('The README’s server admits who has a token, and refuses others with a cause', async () => {
    const readme = new Page('README.md');
    const folder = shop.empty('Tokens');
    await shop.run('dotnet new web', folder);
    const commands = readme.typed('server');
    assert.ok(commands.some((command) => command.includes(' Microsoft.AspNetCore.Authentication.JwtBearer ')), 'README names the package to add');
    assert.ok(guide.typed('next').some((command) => command.includes(' Microsoft.AspNetCore.Authentication.JwtBearer ')), 'the guide names the package to add');
    for (const command of commands) await shop.run(command, folder);
    const server = /<!-- readme-server:begin -->\n```csharp\n([^]*?)```/.exec(readme.text)?.[1] ?? '';
    shop.write(join(folder, 'Program.cs'), `${replaced(server, 'var app =', 'builder.Services.AddSingleton<Model>();\nvar app =')}
class Model
{
    public async IAsyncEnumerable<string> AnswerAsync(string? question, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await Task.Yield();
        yield return $"{question}? ";
    }
}

class ModelHealthCheck : Microsoft.Extensions.Diagnostics.HealthChecks.IHealthCheck
{
    public Task<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult> CheckHealthAsync(Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy());
}
`);
    const key = randomBytes(32);
    const bearer = 'Authentication__Schemes__Bearer__';
    const app = await shop.start('dotnet run --no-launch-profile', folder, LISTENS, {
      ...ANYWHERE,
      [`${bearer}ValidIssuer`]: 'here',
      [`${bearer}ValidAudience`]: 'chat',
      [`${bearer}SigningKeys__0__Issuer`]: 'here',
      [`${bearer}SigningKeys__0__Value`]: key.toString('base64'),
    });
    const now = Math.floor(Date.now() / 1000);
    const ann = await dial(app.found, { token: () => tokenOf(key, { iss: 'here', aud: 'chat', sub: 'ann', nbf: now - 60, exp: now + 36_000 }) });
    /** @type {unknown[]} */
    const heard = [];
    ann.addEventListener('message', (/** @type {any} */ { detail }) => heard.push(detail.payload));
    await ann.ready;
    await ann.send('where').done;
    assert.deepEqual([ann.state.user, ...heard], ['ann', 'where? ', 'done']);
    await ann.end();
    const stranger = await dial(app.found, { token: () => tokenOf(randomBytes(32), { iss: 'here', aud: 'chat', sub: 'eve', nbf: now - 60, exp: now + 36_000 }) });
    assert.equal((await stranger.closed).cause, 'token_invalid');
    await app.stop();
  });

  test('An application with cookies knows its users and has nothing of bearer tokens', async () => {
    const folder = shop.empty('Cookies');
    await shop.run('dotnet new web', folder);
    await shop.run('dotnet add package Airlock.AspNetCore', folder);
    shop.write(join(folder, 'Program.cs'), `using System.Security.Claims;
using Airlock;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAirlock();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapPost("/sign-in/{name}", (string name, HttpContext context) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", name), new Claim(ClaimTypes.NameIdentifier, name)], "cookie"))));
app.MapGet("/loaded", () => AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name));
app.MapAirlock("/chat", async (Turn turn) => await turn.SendAsync("hello"));
app.Run();
`);
    const app = await shop.start('dotnet run --no-launch-profile', folder, LISTENS, ANYWHERE);
    const signedIn = await fetch(new URL('/sign-in/ann', app.found), { method: 'POST' });
    const cookie = signedIn.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
    assert.notEqual(cookie, '');
    const ann = await dial(app.found, {}, { cookie });
    await ann.ready;
    await ann.send('anything').done;
    assert.equal(ann.state.user, 'ann');
    await ann.end();
    const stranger = await dial(app.found, {});
    assert.equal((await stranger.closed).cause, 'credentials_missing');
    /** @type {string[]} */
    const loaded = await (await fetch(new URL('/loaded', app.found))).json();
    await app.stop();
    assert.ok(loaded.includes('Airlock.AspNetCore'));
    const { libraries } = JSON.parse(readFileSync(join(folder, 'bin/Debug/net10.0/Cookies.deps.json'), 'utf8'));
    assert.deepEqual([...Object.keys(libraries), ...loaded].filter((name) => /IdentityModel|JwtBearer/.test(name)), []);
  });

  test('A test made from an empty folder finds the race or the leak of the lab’s guide, and the leak once the race is mended', async () => {
    const lab = new Page('docs/lab.md');
    const folder = shop.empty('Races');
    for (const command of lab.typed('own')) await shop.run(command, folder);
    const endpoint = /<!-- file: \S*NaiveChat\.cs -->\n```csharp\n([^]*?)```/.exec(lab.text)?.[1] ?? '';
    const own = [/<!-- file: \S*NaiveChatSubject\.cs -->\n```csharp\n([^]*?)```/.exec(lab.text)?.[1] ?? '', lab.files.get('NaiveChatTests.cs') ?? ''];
    assert.ok(own.every((text) => text !== '') && own.join('').split('\n').length < 60, 'what the reader writes himself');
    shop.write(join(folder, 'NaiveChat.cs'), endpoint);
    shop.write(join(folder, 'NaiveChatSubject.cs'), own[0] ?? '');
    shop.write(join(folder, 'NaiveChatTests.cs'), own[1] ?? '');
    const race = await shop.outcome('dotnet run', folder);
    assert.notEqual(race.status, 0, race.output);
    assert.match(race.output, /violated: (delivered-once: Message m\d\.\d of client \d is never handled, and nothing tells the client why|one-context: At step \d+ message m\d\.\d of \w+ is handled for \w+)\./);
    assert.match(race.output, /RaceLab\.ReplayAsync\(subject, "[a-z-]+", "[t\d.-]+"\)/);
    shop.write(join(folder, 'NaiveChat.cs'), replaced(endpoint, 'foreach (var message in early.ToArray())', 'while (early.TryDequeue(out var message))'));
    const leak = await shop.outcome('dotnet run', folder);
    assert.notEqual(leak.status, 0, leak.output);
    assert.match(leak.output, /violated: one-context: At step \d+ message m\d\.\d of \w+ is handled for \w+\./);
    const { libraries } = JSON.parse(readFileSync(join(folder, 'bin/Debug/net10.0/Races.deps.json'), 'utf8'));
    assert.deepEqual(Object.keys(libraries).filter((name) => /^(System\.CommandLine|Spectre|HdrHistogram|Microsoft\.CodeAnalysis)/.test(name)), []);
  });
}

/** The module of an installed package. @param {string} folder where it was installed */
export const installedClient = (folder) => import(pathToFileURL(join(folder, 'node_modules/airlock-client/src/index.js')).href);
