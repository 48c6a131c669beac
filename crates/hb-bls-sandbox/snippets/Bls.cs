// Books one candidate, or verifies a webhook delivery. .NET 10 or later, without packages:
//   dotnet run Bls.cs book
//   dotnet run Bls.cs verify SECRET TIMESTAMP SIGNATURE < body

using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

if (args[0] == "book") await Book();
else Console.WriteLine(IsGenuine(args[1], args[2], args[3], await ReadBody()) ? "genuine" : "refused");

static async Task Book()
{
    using var http = new HttpClient();
    async Task<JsonNode> Call(HttpMethod method, string path, JsonObject? body = null)
    {
        var url = Setting("HB_BLS_BASE_URL") + path;
        using var request = new HttpRequestMessage(method, url);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode) throw new HttpRequestException($"{method} {path}: {(int)response.StatusCode} {answer}");
        return JsonNode.Parse(answer)!;
    }

    var pair = await Call(HttpMethod.Post, "/auth/token", new JsonObject
    {
        ["hb_client_id"] = Setting("HB_BLS_CLIENT_ID"),
        ["api_key"] = Setting("HB_BLS_API_KEY"),
    });
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)pair["access_token"]!);
    var course = (int)(await Call(HttpMethod.Get, "/courses"))["data"]![0]!["id"]!;
    var slot = (await Call(HttpMethod.Get, $"/timeslots?course_id={course}"))["data"]![0]!;
    var hold = await Call(HttpMethod.Post, "/timeslots/hold", new JsonObject
    {
        ["course_id"] = course, ["date"] = (string)slot["date"]!, ["time"] = (string)slot["time"]!,
    });
    var booking = await Call(HttpMethod.Post, "/bookings", new JsonObject
    {
        ["hold_hash"] = (string)hold["hold_hash"]!,
        ["first_name"] = "Amara", ["last_name"] = "Okafor",
        ["email"] = "amara.okafor@example.org", ["phone"] = "07700 900123",
        ["address"] = "12 Harbour Street", ["city"] = "Leeds", ["postcode"] = "LS1 4AP",
        ["job_role"] = "Registered Nurse", ["pay_option"] = "credits",
        ["agency_contact_name"] = "Jo Field", ["agency_contact_email"] = "jo.field@agency.example",
    });
    Console.WriteLine($"booking {booking["id"]} is {booking["booking_status"]}");
}

static string Setting(string name)
{
    if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) return value;
    Console.Error.WriteLine($"{name} is not set; `hb-bls sandbox` prints the variables to set");
    Environment.Exit(1);
    return "";
}

// timestamp and signature are X-TDTA-Timestamp and X-TDTA-Signature, body the bytes as they came
static bool IsGenuine(string secret, string timestamp, string signature, byte[] body)
{
    const long Tolerance = 300; // seconds
    if (!timestamp.All(char.IsAsciiDigit) || !long.TryParse(timestamp, out var sent)) return false;
    if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - sent) > Tolerance) return false;
    byte[] signed = [.. Encoding.UTF8.GetBytes($"{timestamp}."), .. body];
    var digest = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed));
    return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes($"sha256={digest}"), Encoding.UTF8.GetBytes(signature));
}

static async Task<byte[]> ReadBody()
{
    using var body = new MemoryStream();
    await Console.OpenStandardInput().CopyToAsync(body);
    return body.ToArray();
}
