/* Inputs for the tests of the readers. */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>

static void **owned;
static size_t owned_count;

static uint8_t *
sample_alloc(size_t len)
{
	uint8_t *p = malloc(len > 0 ? len : 1);
	void **more = realloc(owned, (owned_count + 1) * sizeof(*owned));

	if (p == NULL || more == NULL)
		abort();
	owned = more;
	owned[owned_count++] = p;
	return p;
}

void
sample_release(void)
{
	while (owned_count > 0)
		free(owned[--owned_count]);
	free(owned);
	owned = NULL;
}

struct span
sample_copy(const void *bytes, size_t len)
{
	uint8_t *p = sample_alloc(len);

	if (len > 0)
		memcpy(p, bytes, len);
	return span_of(p, len);
}

struct span
sample_hex(const char *hex)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t *p = sample_alloc(strlen(hex) / 2 + 1);
	size_t digits = 0;
	const char *at;
	struct span s;

	for (; *hex != '\0'; hex++) {
		if (strchr(" \r\n", *hex) != NULL)
			continue;
		at = strchr(
		    digit, *hex >= 'A' && *hex <= 'F' ? *hex + 32 : *hex);
		if (at == NULL)
			abort();
		p[digits / 2] =
		    (uint8_t)((digits & 1 ? p[digits / 2] << 4 : 0) |
			(at - digit));
		digits++;
	}
	if (digits & 1)
		abort();
	s = sample_copy(p, digits / 2);
	return s;
}

struct span
sample_file(const char *name)
{
	char path[1024], bytes[65536];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	if ((f = fopen(path, "rb")) == NULL) {
		perror(path);
		abort();
	}
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return sample_copy(bytes, len);
}

struct span
sample_hex_file(const char *name)
{
	struct span text = sample_file(name);
	char *hex = (char *)sample_alloc(text.len + 1);

	memcpy(hex, text.ptr, text.len);
	hex[text.len] = '\0';
	return sample_hex(hex);
}

/* A number below bound; splitmix64, whose state is a counter. */
static size_t
draw(uint64_t *state, size_t bound)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return bound == 0 ? 0 : (size_t)((z ^ z >> 31) % bound);
}

static size_t
mutate_once(uint8_t *p, size_t len, uint64_t *state, const char *dictionary,
    size_t dictionary_len)
{
	size_t at = draw(state, len), n = 1 + draw(state, 8);
	uint8_t octet = (uint8_t)dictionary[draw(state, dictionary_len)];

	if (len == 0)
		return 0;
	switch (draw(state, 7)) {
	case 0:
		p[at] ^= (uint8_t)(1 << draw(state, 8));
		return len;
	case 1:
		p[at] = (uint8_t)draw(state, 256);
		return len;
	case 2:
		p[at] = octet;
		return len;
	case 3: /* one more octet */
		memmove(p + at + 1, p + at, len - at);
		p[at] = octet;
		return len + 1;
	case 4: /* some fewer */
		n = n < len - at ? n : len - at;
		memmove(p + at, p + at + n, len - at - n);
		return len - n;
	case 5: /* some twice */
		n = n < len - at ? n : len - at;
		memmove(p + at + n, p + at, len - at);
		return len + n;
	default: /* up or down by one: lengths and counts */
		p[at] = (uint8_t)(p[at] + (draw(state, 2) ? 1 : -1));
		return len;
	}
}

struct span
sample_mutate(struct span s, uint64_t number, const char *dictionary,
    size_t dictionary_len)
{
	uint64_t state = number * 1000003;
	size_t rounds = 1 + draw(&state, 3), len = s.len, i;
	uint8_t *p = sample_alloc(s.len + 8 * rounds);

	memcpy(p, s.ptr, s.len);
	for (i = 0; i < rounds; i++)
		len = mutate_once(p, len, &state, dictionary, dictionary_len);
	return sample_copy(p, len);
}
