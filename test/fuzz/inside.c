/* See inside.h. */
#include "inside.h"

#include <string.h>

#include "fuzz.h"
#include "wire/base64.h"

static bool
in_base64(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || (c != 0 && strchr("+/=-_", c) != NULL);
}

bool
inside_change(uint8_t *bytes, size_t len, unsigned seed)
{
	size_t at = seed / 4 % len, end = at, n;
	bool url = true, done = false;
	uint8_t *said;
	char *text;

	while (at > 0 && in_base64(bytes[at - 1]))
		at--;
	for (; end < len && in_base64(bytes[end]); end++)
		url = url && strchr("+/=", bytes[end]) == NULL;
	end -= (end - at) % 4;
	if (end - at < 32)
		return false;
	said = malloc(end - at);
	text = malloc(BASE64_SIZE(end - at));
	require(said != NULL && text != NULL);
	if (base64_decode(said, end - at, &n, span_of(bytes + at, end - at),
		url ? BASE64_URL : BASE64_STANDARD)) {
		if (seed % 4 == 1 || !inside_change(said, n, seed / 5))
			(void)LLVMFuzzerMutate(said, n, n);
		(url ? base64url_encode : base64_encode)(
		    text, span_of(said, n));
		memcpy(bytes + at, text, end - at);
		done = true;
	}
	free(said);
	free(text);
	return done;
}
