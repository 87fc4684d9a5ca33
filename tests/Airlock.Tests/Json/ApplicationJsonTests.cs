using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Airlock.Tests.Json;

/// <summary>Both ends compile what is tested here, so the client's tests compile this.</summary>
public sealed class ApplicationJsonTests
{
    private const string HalfPair = "half \uD83D.";

    // Anew each time: its contracts are made once.
    private static ApplicationJson Json => ApplicationJson.By(JsonSerializerOptions.Web);

    public static TheoryData<string, Func<object?>, string> Kept => new()
    {
        { "itself", () => new Circle(1), "{\"$type\":\"circle\",\"r\":1}" },
        { "an object", () => new Box<object>(new Circle(1)), "{\"value\":{\"$type\":\"circle\",\"r\":1}}" },
        { "its base", () => new Box<Shape>(new Circle(1)), "{\"value\":{\"$type\":\"circle\",\"r\":1}}" },
        { "itself inside", () => new Box<Circle>(new Circle(1)), "{\"value\":{\"$type\":\"circle\",\"r\":1}}" },
        { "an array of it", () => new Circle[] { new(1), new(2) }, "[{\"$type\":\"circle\",\"r\":1},{\"$type\":\"circle\",\"r\":2}]" },
        { "an array of its base", () => new Shape[] { new Circle(1), new Square(2) }, "[{\"$type\":\"circle\",\"r\":1},{\"$type\":\"square\",\"side\":2}]" },
        { "an array of objects", () => new object[] { new Circle(1), new Square(2) }, "[{\"$type\":\"circle\",\"r\":1},{\"$type\":\"square\",\"side\":2}]" },
        { "a list", () => new List<Square> { new(2) }, "[{\"$type\":\"square\",\"side\":2}]" },
        { "a dictionary", () => new Dictionary<string, Circle> { ["a"] = new(1) }, "{\"a\":{\"$type\":\"circle\",\"r\":1}}" },
        { "a tuple of anonymous types", () => new { First = new Circle(1), Second = 2 }, "{\"first\":{\"$type\":\"circle\",\"r\":1},\"second\":2}" },
        { "one of two levels", () => new Tile(3), "{\"$type\":\"tile\",\"side\":3}" },
        { "a type in between", () => new Box<Square>(new Tile(3)), "{\"value\":{\"$type\":\"tile\",\"side\":3}}" },
        { "an abstract type in between", () => new Box<Curve>(new Arc(4)), "{\"value\":{\"$type\":\"arc\",\"angle\":4}}" },
        { "an interface", () => new Box<IEvent>(new Joined("ann")), "{\"value\":{\"kind\":1,\"who\":\"ann\"}}" },
        { "what implements an interface", () => new Joined("ann"), "{\"kind\":1,\"who\":\"ann\"}" },
        { "a structure that implements an interface", () => new Left("bob"), "{\"kind\":2,\"who\":\"bob\"}" },
        { "an interface of a list", () => (IReadOnlyList<IEvent>)[new Joined("ann"), new Left("bob")], "[{\"kind\":1,\"who\":\"ann\"},{\"kind\":2,\"who\":\"bob\"}]" },
        { "a base that lists itself", () => new Animal("a"), "{\"$type\":\"animal\",\"name\":\"a\"}" },
        { "what the base that lists itself lists", () => new Dog("d"), "{\"$type\":\"dog\",\"name\":\"d\"}" },
        { "what nobody lists", () => new Loose(1), "{\"n\":1}" },
        { "null", () => null, "null" },
    };

    [Theory]
    [MemberData(nameof(Kept), DisableDiscoveryEnumeration = true)]
    public void A_discriminator_is_kept_whatever_a_value_is_declared_as(string what, Func<object?> value, string expected)
    {
        Assert.NotEmpty(what);
        Assert.Equal(expected, Text(Json.Write(value())));
        if (value() is { } written)
        {
            // By its own type, as a caller with a variable of that type has it.
            var write = typeof(ApplicationJson).GetMethods(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic).Single(static m => m.Name == nameof(ApplicationJson.Write)).MakeGenericMethod(written.GetType());
            Assert.Equal(expected, Text((ReadOnlyMemory<byte>)write.Invoke(Json, [written])!));
        }
    }

    [Fact]
    public void What_is_written_can_be_read_as_the_base_and_as_the_type()
    {
        var payload = Json.Write(new Circle(1));
        Assert.Equal(new Circle(1), Json.Read<Shape>(payload));
        Assert.Equal(new Circle(1), Json.Read<Circle>(payload));
        Assert.Equal([new Circle(1)], Json.Read<Shape[]>(Json.Write(new Circle[] { new(1) }))!);
    }

    [Fact]
    public void What_the_serializer_writes_of_a_base_is_what_is_written_here()
    {
        foreach (var shape in new Shape[] { new Circle(1), new Square(2), new Tile(3), new Arc(4) })
        {
            Assert.Equal(JsonSerializer.Serialize(shape, JsonSerializerOptions.Web), Text(Json.Write(shape)));
        }

        // Two bases that call it differently: each is kept to.
        Assert.Equal(JsonSerializer.Serialize<ILeft>(new Torn(1), JsonSerializerOptions.Web), Text(Json.Write<ILeft>(new Torn(1))));
        Assert.Equal(JsonSerializer.Serialize<IRight>(new Torn(1), JsonSerializerOptions.Web), Text(Json.Write<IRight>(new Torn(1))));
        Assert.Throws<NotSupportedException>(() => Json.Write<Shape>(new Unlisted(1)));
    }

    [Fact]
    public void Polymorphism_that_is_declared_in_code_counts_too()
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        resolver.Modifiers.Add(static contract =>
        {
            if (contract.Type == typeof(Plain))
            {
                contract.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "is", DerivedTypes = { new JsonDerivedType(typeof(Fancy), "fancy") } };
            }
        });
        var json = ApplicationJson.By(new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = resolver });
        Assert.Equal("""{"is":"fancy","n":1}""", Text(json.Write(new Fancy(1))));
    }

    [Fact]
    public void A_contract_that_is_given_keeps_the_discriminator_too()
    {
        Assert.Equal("{\"$type\":\"circle\",\"r\":1}", Text(ApplicationJson.Write(new Circle(1), Contract<Circle>())));
        Assert.Equal("{\"$type\":\"circle\",\"r\":1}", Text(ApplicationJson.Write(new Circle(1), Contract<Shape>())));
        Assert.Equal("{\"$type\":\"tile\",\"side\":3}", Text(ApplicationJson.Write(new Tile(3), Contract<Square>())));
        Assert.Equal("{\"kind\":2,\"who\":\"bob\"}", Text(ApplicationJson.Write(new Left("bob"), Contract<Left>())));
        Assert.Equal("{\"n\":1}", Text(ApplicationJson.Write(new Loose(1), Contract<Loose>())));
        Assert.Equal("null", Text(ApplicationJson.Write(null, Contract<Circle?>())));
        // By the encoder of its own options.
        var relaxed = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = JsonTypeInfoResolver.Combine() };
        Assert.Equal("\"é'\"", Text(ApplicationJson.Write("é'", JsonMetadataServices.CreateValueInfo<string>(relaxed, JsonMetadataServices.StringConverter))));

        static JsonTypeInfo<T> Contract<T>() => (JsonTypeInfo<T>)JsonSerializerOptions.Web.GetTypeInfo(typeof(T));
    }

    [Fact]
    public void The_applications_options_are_kept_to()
    {
        var options = new JsonSerializerOptions { Converters = { new JsonStringEnumConverter() }, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var json = ApplicationJson.By(options);
        Assert.Equal("""{"the_day":"Friday","a_name":"é'\uD83D\uDE00"}""", Text(json.Write(new { TheDay = DayOfWeek.Friday, AName = "é'😀" })));
        Assert.Equal(DayOfWeek.Friday, json.Read<DayOfWeek>("\"Friday\""u8.ToArray()));
        Assert.Equal("\"\\uD83D\\uDE00 \\u003C\"", Text(Json.Write("😀 <")));
    }

    public static TheoryData<string, Action> HalfPairs => new()
    {
        { "a text", () => Json.Write(HalfPair) },
        { "a second half", () => Json.Write("\uDE00") },
        { "the end of a text", () => Json.Write("ends \uD83D") },
        { "the wrong order", () => Json.Write("\uDE00\uD83D") },
        { "a character", () => Json.Write('\uD83D') },
        { "a property", () => Json.Write(new { Text = HalfPair }) },
        { "an element", () => Json.Write(new[] { "fine", HalfPair }) },
        { "a key", () => Json.Write(new Dictionary<string, int> { [HalfPair] = 1 }) },
        { "a node", () => Json.Write(new JsonObject { ["a"] = HalfPair }) },
        { "a contract", () => ApplicationJson.Write(HalfPair, (JsonTypeInfo<string>)JsonSerializerOptions.Web.GetTypeInfo(typeof(string))) },
    };

    [Theory]
    [MemberData(nameof(HalfPairs), DisableDiscoveryEnumeration = true)]
    public void Half_of_a_pair_is_refused_at_once_in_words(string what, Action write)
    {
        Assert.NotEmpty(what);
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(write).Message);
    }

    [Fact]
    public void Whole_pairs_and_replacement_characters_are_written()
    {
        foreach (var text in new[] { "😀", "a😀b😀", "\uFFFD", "", "é" })
        {
            Assert.Equal(text, Json.Read<string>(Json.Write(text)));
            Payload.CheckWritten(Json.Write(text));
        }
    }

    [Fact]
    public void What_is_too_deep_is_refused_by_every_way_at_the_same_level()
    {
        Assert.NotEmpty(Text(Json.Write(Nest(62))));
        foreach (var deep in new Action[]
        {
            static () => Json.Write(Nest(63)),
            static () => Json.Write(JsonNode.Parse(JsonSerializer.Serialize(Nest(63)))),
            static () => ApplicationJson.Write(Nest(63), (JsonTypeInfo<object[]>)JsonSerializerOptions.Web.GetTypeInfo(typeof(object[]))),
            static () => Payload.CheckWritten(JsonSerializer.SerializeToUtf8Bytes(Nest(63))),
        })
        {
            Assert.Contains("62", Assert.Throws<ArgumentException>(deep).Message);
        }
    }

    [Fact]
    public void A_cycle_is_refused_in_words()
    {
        var knot = new Knot();
        knot.Next = knot;
        Assert.Contains("cannot be written as a payload", Assert.Throws<ArgumentException>(() => Json.Write(knot)).Message);
    }

    [Theory]
    [InlineData("comment")]
    [InlineData("raw")]
    [InlineData("nothing")]
    [InlineData("unfinished")]
    public void What_a_converter_of_the_application_writes_is_one_JSON_value_or_refused(string what)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new OddConverter(what) }, TypeInfoResolver = JsonSerializerOptions.Web.TypeInfoResolver };
        Assert.Throws<ArgumentException>(() => ApplicationJson.By(options).Write(new Odd()));
        Assert.Throws<ArgumentException>(() => ApplicationJson.By(options).Write(new { Within = new Odd() }));
        Assert.Throws<ArgumentException>(() => ApplicationJson.Write(new Odd(), (JsonTypeInfo<Odd>)options.GetTypeInfo(typeof(Odd))));
    }

    [Fact]
    public void Without_a_contract_it_is_said_which()
    {
        var json = ApplicationJson.By(new JsonSerializerOptions { TypeInfoResolver = JsonTypeInfoResolver.Combine() });
        Assert.Contains("Circle", Assert.Throws<NotSupportedException>(() => json.Write(new Circle(1))).Message);
        Assert.Contains("Circle", Assert.Throws<NotSupportedException>(() => json.Read<Circle>("{}"u8.ToArray())).Message);
    }

    private static string Text(ReadOnlyMemory<byte> payload) => Encoding.UTF8.GetString(payload.Span);

    private static object[] Nest(int levels) => levels == 1 ? [] : [Nest(levels - 1)];

    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    [JsonDerivedType(typeof(Tile), "tile")]
    [JsonDerivedType(typeof(Arc), "arc")]
    private abstract record Shape;

    private sealed record Circle(int R) : Shape;

    private record Square(int Side) : Shape;

    private sealed record Tile(int Side) : Square(Side);

    private abstract record Curve : Shape;

    private sealed record Arc(int Angle) : Curve;

    private sealed record Unlisted(int N) : Shape;

    private sealed record Box<T>(T Value);

    private sealed record Loose(int N);

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Joined), 1)]
    [JsonDerivedType(typeof(Left), 2)]
    private interface IEvent;

    private sealed record Joined(string Who) : IEvent;

    private readonly record struct Left(string Who) : IEvent;

    [JsonDerivedType(typeof(Animal), "animal")]
    [JsonDerivedType(typeof(Dog), "dog")]
    private record Animal(string Name);

    private sealed record Dog(string Name) : Animal(Name);

    [JsonDerivedType(typeof(Torn), "left")]
    private interface ILeft;

    [JsonDerivedType(typeof(Torn), "right")]
    private interface IRight;

    private sealed record Torn(int N) : ILeft, IRight;

    private record Plain(int N);

    private sealed record Fancy(int N) : Plain(N);

    private sealed record Knot
    {
        public Knot? Next { get; set; }
    }

    private sealed class Odd;

    private sealed class OddConverter(string what) : JsonConverter<Odd>
    {
        public override Odd? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => null;

        public override void Write(Utf8JsonWriter writer, Odd value, JsonSerializerOptions options)
        {
            switch (what)
            {
                case "comment":
                    writer.WriteStartArray();
                    writer.WriteCommentValue("of the application");
                    writer.WriteEndArray();
                    break;
                case "raw":
                    writer.WriteRawValue("{\"a\":}", skipInputValidation: true);
                    break;
                case "unfinished":
                    writer.WriteStartArray();
                    break;
                default:
                    break;
            }
        }
    }
}
