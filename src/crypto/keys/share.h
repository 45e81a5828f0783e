/*
 * Shares of a secret: SLIP-0039 as IP 8 writes it down, Shamir's scheme over
 * GF(256) with a digest, and mnemonics of 20 to 59 words.
 *
 * A struct share is as secret as what it was cut from: whoever calls keeps it in
 * a struct secret, and wipes every text of one.
 */
#ifndef CRYPTO_KEYS_SHARE_H
#define CRYPTO_KEYS_SHARE_H

#include "base/reason.h"
#include "base/secret.h"

#define SHARES_MAX	   16
#define SHARE_VALUE_MIN	   16 /* octets of a secret, always an even number */
#define SHARE_VALUE_MAX	   64
#define SHARE_WORDS_MAX	   59
#define SHARE_TEXT_SIZE	   (SHARE_WORDS_MAX * 9)
/* 4 rounds * 2500 * 2^8 are 2,560,000 iterations; with 9 they would be more than a
 * key file may ask for (KEY_ROUNDS_MAX of vault.h). */
#define SHARE_EXPONENT_MAX 8
#define SHARE_WORDS_HEAD   4 /* id and form, then groups, index and threshold */

struct share {
	uint16_t id; /* 15 bits, one for all shares of a split */
	bool extendable;
	uint8_t exponent; /* 2500 * 2^exponent iterations a round, of 4 */
	uint8_t group, group_threshold, groups;
	uint8_t index; /* from 0; people are told index + 1 */
	uint8_t threshold;
	uint8_t len;
	uint8_t value[SHARE_VALUE_MAX];
};

/* --- words.c --- */
#define SHARE_WORD_COUNT 1024
/* The word with this number, below SHARE_WORD_COUNT. */
const char *share_word(unsigned number);
/* The number of a word in any case, or of its first four letters, which no
 * other word shares; -1 if there is none. */
int share_word_find(struct span word);

/* --- mnemonic.c --- */
/*
 * Reads the words of one share, blanks between them. SHARE_WORD names the first
 * one that is not in the list; SHARE_CHECKSUM, where one or more are mistyped,
 * the index that they say; SHARE_FORM for a number of words, padding or group
 * threshold or a group that cannot be, or an exponent over SHARE_EXPONENT_MAX.
 */
MUST_USE enum reason share_read(
    struct span text, struct share *out, struct why *why);
/* Lower case, one blank between words, terminated. */
void share_write(const struct share *s, char out[SHARE_TEXT_SIZE]);
/* How many words a share of a secret of len octets has. */
unsigned share_words(size_t len);

/* --- share.c --- */
/*
 * Cuts a secret (16 to 64 octets, an even number) into n shares of which any k
 * recover it, 2 <= k <= n <= SHARES_MAX; no passphrase, extendable, exponent 1.
 * Ends the process for other numbers. Their id is not old, which is that of the set
 * that they take the place of: shares of both would go together and make no secret.
 */
void share_split(struct span secret, unsigned k, unsigned n, uint16_t old,
    struct share *shares);
/*
 * Recovers from exactly as many shares as the threshold says; out is made here
 * and freed by the caller. The passphrase is empty for splits of ours; a wrong
 * one gives another secret, which nothing but the public key shows.
 *
 * SHARE_FOREIGN names one that is not of the set most belong to; SHARE_TWICE;
 * SHARE_COUNT says how many there must be; SHARE_DIGEST where all belong
 * together by their words and yet make no secret.
 */
MUST_USE enum reason share_recover(const struct share *shares, unsigned count,
    struct span passphrase, struct secret *out, struct why *why);
/* Do these go together, as many as there are yet? SHARE_FOREIGN, SHARE_TWICE. */
MUST_USE enum reason share_check(
    const struct share *shares, unsigned count, struct why *why);
/* share_split() for one group, without the cipher: tests count many. */
void share_cut(struct span value, unsigned k, unsigned n, struct share *shares);

#endif
