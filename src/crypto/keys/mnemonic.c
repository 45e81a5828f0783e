/*
 * A share as words (IP 8): numbers of ten bits, most significant first,
 *
 *   id 15 | ext 1 | e 4 | GI 4 | GT-1 4 | G-1 4 | I 4 | k-1 4 |
 *   zero padding, value | checksum 30
 *
 * Words are looked up and printed by their value: they are on a screen.
 */
#include "base/fatal.h"
#include "crypto/keys/share.h"

#define CHECK_WORDS 3
#define OTHER_WORDS (SHARE_WORDS_HEAD + CHECK_WORDS)
#define WORDS_MIN   20
#define WORD_BITS   10
#define PADDING_MAX 8

/* RS1024 over the letters of the form's name, then the words. */
static uint32_t
checksum(bool extendable, const uint16_t *numbers, unsigned count)
{
	static const uint32_t generator[WORD_BITS] = { 0xe0e040, 0x1c1c080,
		0x3838100, 0x7070200, 0xe0e0009, 0x1c0c2412, 0x38086c24,
		0x3090fc48, 0x21b1f890, 0x3f3f120 };
	const char *name = extendable ? "shamir_extendable" : "shamir";
	unsigned length = (unsigned)strlen(name), at, i;
	uint32_t sum = 1;

	for (at = 0; at < length + count; at++) {
		uint32_t top = sum >> 20;
		uint32_t value =
		    at < length ? (uint8_t)name[at] : numbers[at - length];

		sum = ((sum & 0xfffff) << WORD_BITS) ^ value;
		for (i = 0; i < WORD_BITS; i++)
			sum ^= generator[i] & (0U - ((top >> i) & 1U));
	}
	return sum;
}

static unsigned
padding_of(unsigned value_words)
{
	return WORD_BITS * value_words % 16;
}

unsigned
share_words(size_t len)
{
	return OTHER_WORDS + (unsigned)(len * 8 + WORD_BITS - 1) / WORD_BITS;
}

/* The words of a text as numbers; 0 and the reason if one is none. */
static enum reason
numbers_read(struct span text, uint16_t numbers[SHARE_WORDS_MAX],
    unsigned *count, struct why *why)
{
	size_t at = 0, begin;
	int number;

	*count = 0;
	for (;;) {
		while (at < text.len && text.ptr[at] == ' ')
			at++;
		if (at == text.len)
			return REASON_OK;
		begin = at;
		while (at < text.len && text.ptr[at] != ' ')
			at++;
		if (*count == SHARE_WORDS_MAX)
			return why_set(why, REASON_SHARE_FORM, (long)begin,
			    "more than %d words", SHARE_WORDS_MAX);
		number = share_word_find(span_of(text.ptr + begin, at - begin));
		if (number < 0)
			return why_set(why, REASON_SHARE_WORD, (long)begin,
			    "word %u is not in the list", *count + 1);
		numbers[(*count)++] = (uint16_t)number;
	}
}

/* The value's bits stand at the end of its words, behind the padding. */
static bool
value_read(struct share *s, const uint16_t *numbers, unsigned count)
{
	unsigned padding = padding_of(count), i, bit;

	s->len = (uint8_t)((WORD_BITS * count - padding) / 8);
	if (padding > PADDING_MAX || s->len < SHARE_VALUE_MIN ||
	    (numbers[0] >> (WORD_BITS - padding)) != 0)
		return false;
	memset(s->value, 0, sizeof(s->value));
	for (i = padding; i < WORD_BITS * count; i++) {
		bit = (unsigned)numbers[i / WORD_BITS] >>
			(WORD_BITS - 1 - i % WORD_BITS) &
		    1;
		s->value[(i - padding) / 8] |=
		    (uint8_t)(bit << (7 - (i - padding) % 8));
	}
	return true;
}

static void
head_read(struct share *s, const uint16_t *numbers)
{
	uint32_t form = (uint32_t)numbers[0] << WORD_BITS | numbers[1];
	uint32_t place = (uint32_t)numbers[2] << WORD_BITS | numbers[3];

	s->id = (uint16_t)(form >> 5);
	s->extendable = (form >> 4 & 1) != 0;
	s->exponent = form & 15;
	s->group = place >> 16 & 15;
	s->group_threshold = (uint8_t)((place >> 12 & 15) + 1);
	s->groups = (uint8_t)((place >> 8 & 15) + 1);
	s->index = place >> 4 & 15;
	s->threshold = (uint8_t)((place & 15) + 1);
}

enum reason
share_read(struct span text, struct share *out, struct why *why)
{
	uint16_t numbers[SHARE_WORDS_MAX];
	unsigned count;
	enum reason r;

	memset(out, 0, sizeof(*out));
	if ((r = numbers_read(text, numbers, &count, why)) != REASON_OK)
		goto out;
	if (count < WORDS_MIN) {
		r = why_set(why, REASON_SHARE_FORM, -1,
		    "%u words, where the shortest share has %d", count,
		    WORDS_MIN);
		goto out;
	}
	head_read(out, numbers);
	if (checksum(out->extendable, numbers, count) != 1)
		r = why_set(why, REASON_SHARE_CHECKSUM, -1,
		    "share %u, as it says, of %u words", out->index + 1U,
		    count);
	else if (!value_read(
		     out, numbers + SHARE_WORDS_HEAD, count - OTHER_WORDS))
		r = why_set(why, REASON_SHARE_FORM, -1,
		    "share %u has no proper padding", out->index + 1U);
	else if (out->group_threshold > out->groups)
		r = why_set(why, REASON_SHARE_FORM, -1,
		    "share %u wants %u groups of %u", out->index + 1U,
		    out->group_threshold, out->groups);
	else if (out->group >= out->groups)
		/* It would be left out, and the others make a secret without it. */
		r = why_set(why, REASON_SHARE_FORM, -1,
		    "share %u is of group %u of %u", out->index + 1U,
		    out->group + 1U, out->groups);
	else if (out->exponent > SHARE_EXPONENT_MAX)
		/* What words ask for must not be hours of counting. */
		r = why_set(why, REASON_SHARE_FORM, -1,
		    "share %u wants 10000 * 2^%u iterations, at most 2^%d are "
		    "done here",
		    out->index + 1U, out->exponent, SHARE_EXPONENT_MAX);
out:
	secret_wipe(numbers, sizeof(numbers));
	return r;
}

static void
head_write(const struct share *s, uint16_t *numbers)
{
	uint32_t form = (uint32_t)s->id << 5 |
	    (uint32_t)(s->extendable ? 1 : 0) << 4 | s->exponent;
	uint32_t place = (uint32_t)s->group << 16 |
	    (uint32_t)(s->group_threshold - 1) << 12 |
	    (uint32_t)(s->groups - 1) << 8 | (uint32_t)s->index << 4 |
	    (uint32_t)(s->threshold - 1);

	numbers[0] = (uint16_t)(form >> WORD_BITS);
	numbers[1] = form & 1023;
	numbers[2] = (uint16_t)(place >> WORD_BITS);
	numbers[3] = place & 1023;
}

static void
value_write(const struct share *s, uint16_t *numbers, unsigned count)
{
	unsigned padding = padding_of(count), i, bit;

	for (i = padding; i < WORD_BITS * count; i++) {
		bit = (unsigned)s->value[(i - padding) / 8] >>
			(7 - (i - padding) % 8) &
		    1;
		numbers[i / WORD_BITS] |=
		    (uint16_t)(bit << (WORD_BITS - 1 - i % WORD_BITS));
	}
}

void
share_write(const struct share *s, char out[SHARE_TEXT_SIZE])
{
	uint16_t numbers[SHARE_WORDS_MAX] = { 0 };
	unsigned count = share_words(s->len), i;
	uint32_t sum;

	if (count > SHARE_WORDS_MAX)
		fatal("a share of %u octets", s->len);
	head_write(s, numbers);
	value_write(s, numbers + SHARE_WORDS_HEAD, count - OTHER_WORDS);
	sum = checksum(s->extendable, numbers, count) ^ 1;
	for (i = 0; i < CHECK_WORDS; i++)
		numbers[count - 1 - i] = sum >> (WORD_BITS * i) & 1023;
	for (i = 0; i < count; i++) {
		size_t len = strlen(share_word(numbers[i]));

		memcpy(out, share_word(numbers[i]), len);
		out += len;
		*out++ = ' ';
	}
	out[-1] = '\0';
	secret_wipe(numbers, sizeof(numbers));
}
