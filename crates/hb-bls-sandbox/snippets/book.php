<?php
// Books one candidate into the first free timeslot, with PHP's own HTTP client.

function setting(string $name): string
{
    $value = (string) getenv($name);
    if ($value === '') {
        fwrite(STDERR, "$name is not set; `hb-bls sandbox` prints the variables to set\n");
        exit(1);
    }
    return $value;
}

function call(string $method, string $path, ?array $body = null, ?string $token = null): array
{
    $headers = ['Content-Type: application/json', 'Accept: application/json'];
    if ($token !== null) {
        $headers[] = "Authorization: Bearer $token";
    }
    $context = stream_context_create(['http' => [
        'method' => $method,
        'header' => $headers,
        'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
        'timeout' => 30,
        'ignore_errors' => true, // to read what a refusal says
    ]]);
    $stream = fopen(setting('HB_BLS_BASE_URL') . $path, 'r', false, $context);
    if ($stream === false) {
        throw new RuntimeException("$method $path: no response");
    }
    $answer = stream_get_contents($stream);
    $status = (int) explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
    if ($status >= 400) {
        throw new RuntimeException("$method $path: $status $answer");
    }
    return json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
}

$token = call('POST', '/auth/token', [
    'hb_client_id' => setting('HB_BLS_CLIENT_ID'),
    'api_key' => setting('HB_BLS_API_KEY'),
])['access_token'];
$course = call('GET', '/courses', null, $token)['data'][0];
$slot = call('GET', "/timeslots?course_id={$course['id']}", null, $token)['data'][0];
$hold = call('POST', '/timeslots/hold', [
    'course_id' => $course['id'], 'date' => $slot['date'], 'time' => $slot['time'],
], $token);
$booking = call('POST', '/bookings', [
    'hold_hash' => $hold['hold_hash'],
    'first_name' => 'Amara', 'last_name' => 'Okafor',
    'email' => 'amara.okafor@example.org', 'phone' => '07700 900123',
    'address' => '12 Harbour Street', 'city' => 'Leeds', 'postcode' => 'LS1 4AP',
    'job_role' => 'Registered Nurse', 'pay_option' => 'credits',
    'agency_contact_name' => 'Jo Field', 'agency_contact_email' => 'jo.field@agency.example',
], $token);
echo "booking {$booking['id']} is {$booking['booking_status']}\n";
