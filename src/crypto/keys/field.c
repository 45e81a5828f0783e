/* GF(256), see field.h. */
#include "crypto/keys/field.h"

#define REDUCTION 0x1b /* x^8 = x^4 + x^3 + x + 1 */

uint8_t
field_multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0, power = a, bits = b, i;

	for (i = 0; i < 8; i++) {
		/* All ones where the bit is set: a choice without a branch. */
		product ^= power & (0U - ((bits >> i) & 1U));
		power = (power << 1) ^ (REDUCTION & (0U - (power >> 7)));
		power &= 0xff;
	}
	return (uint8_t)product;
}

/* a^254: every a but 0 has order 255. */
uint8_t
field_inverse(uint8_t a)
{
	uint8_t square = a, inverse = 1;
	unsigned i;

	for (i = 0; i < 7; i++) {
		square = field_multiply(square, square);
		inverse = field_multiply(inverse, square);
	}
	return inverse;
}

void
field_interpolate(const struct field_point *points, unsigned count, uint8_t x,
    uint8_t *out, size_t len)
{
	unsigned i, j;
	size_t at;

	memset(out, 0, len);
	for (i = 0; i < count; i++) {
		uint8_t above = 1, below = 1, factor;

		for (j = 0; j < count; j++) {
			if (j == i)
				continue;
			above = field_multiply(above, x ^ points[j].x);
			below =
			    field_multiply(below, points[i].x ^ points[j].x);
		}
		factor = field_multiply(above, field_inverse(below));
		for (at = 0; at < len; at++)
			out[at] ^= field_multiply(points[i].y[at], factor);
	}
}
