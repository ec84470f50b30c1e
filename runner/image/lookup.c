/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup - the tables in which a loader looks for names and versions
 *
 * It divides by their counts and follows their chains as far as they lead:
 * a count of zero ends the process, a circle never ends.
 */
#include <string.h>

#include <tare/status.h>

#include "dynamic.h"

static uint32_t word_at(const uint8_t *bytes, uint64_t i)
{
	uint32_t word;

	memcpy(&word, bytes + i * sizeof word, sizeof word);
	return word;
}

int tare__dynamic_check_hash(struct tare_reading *reading, const struct tare_dynamic *dynamic)
{
	uint64_t address = dynamic->value[TAG_HASH], buckets, chains, steps = 0;
	const uint8_t *table;

	if (!tare__has(dynamic, TAG_HASH))
		return TARE_OK;
	if (!(table = tare__reading_loaded(reading, address, 8)))
		return tare__reading_refuse(reading, "the hash table is not loaded");
	buckets = word_at(table, 0);
	chains = word_at(table, 1);
	if (buckets == 0 || chains != dynamic->symbol_count || !tare__reading_loaded(reading, address, 8 + 4 * (buckets + chains)))
		return tare__reading_refuse(reading, "the hash table has %llu buckets and %llu chains", (unsigned long long)buckets,
			(unsigned long long)chains);
	/* A symbol stands in one chain, so all chains together have no more steps than there are symbols. */
	for (uint64_t i = 0; i < buckets; i++)
		for (uint64_t symbol = word_at(table, 2 + i); symbol; symbol = word_at(table, 2 + buckets + symbol))
			if (symbol >= chains || ++steps > chains)
				return tare__reading_refuse(reading, "the hash table leads astray");
	return TARE_OK;
}

struct gnu_hash {
	uint64_t buckets;
	uint64_t first;  /* symbol in the table */
	uint64_t blooms; /* words of 8 bytes */
	uint32_t shift;
	const uint8_t *bucket;
	const uint8_t *chain;
};

/* The last symbol that a bucket begins a chain with, or 0: all beyond it belong to its chain. */
static int find_last(struct tare_reading *reading, const struct tare_dynamic *dynamic, const struct gnu_hash *hash,
	uint64_t *last)
{
	for (uint64_t i = 0; i < hash->buckets; i++) {
		uint64_t symbol = word_at(hash->bucket, i);

		if (symbol && (symbol < hash->first || symbol >= dynamic->symbol_count))
			return tare__reading_refuse(reading, "bucket %llu of the GNU hash table leads astray", (unsigned long long)i);
		if (symbol > *last)
			*last = symbol;
	}
	return TARE_OK;
}

int tare__dynamic_check_gnu_hash(struct tare_reading *reading, const struct tare_dynamic *dynamic)
{
	uint64_t address = dynamic->value[TAG_GNU_HASH], last = 0, chains;
	struct gnu_hash hash;
	const uint8_t *table;
	int status;

	if (!tare__has(dynamic, TAG_GNU_HASH))
		return TARE_OK;
	if (!(table = tare__reading_loaded(reading, address, 16)))
		return tare__reading_refuse(reading, "the GNU hash table is not loaded");
	hash = (struct gnu_hash){ word_at(table, 0), word_at(table, 1), word_at(table, 2), word_at(table, 3), NULL, NULL };
	if (hash.buckets == 0 || hash.blooms == 0 || (hash.blooms & (hash.blooms - 1)) || hash.shift >= 32)
		return tare__reading_refuse(reading, "the GNU hash table has %llu buckets, %llu words, a shift of %u",
			(unsigned long long)hash.buckets, (unsigned long long)hash.blooms, hash.shift);
	chains = dynamic->symbol_count > hash.first ? dynamic->symbol_count - hash.first : 0;
	if (!tare__reading_loaded(reading, address, 16 + 8 * hash.blooms + 4 * hash.buckets))
		return tare__reading_refuse(reading, "the GNU hash table is not loaded whole");
	hash.bucket = table + 16 + 8 * hash.blooms;
	hash.chain = hash.bucket + 4 * hash.buckets;
	if ((status = find_last(reading, dynamic, &hash, &last)) != TARE_OK || last == 0)
		return status;
	if (!tare__reading_loaded(reading, address, 16 + 8 * hash.blooms + 4 * (hash.buckets + chains)))
		return tare__reading_refuse(reading, "the chains of the GNU hash table are not loaded whole");
	if (!(word_at(hash.chain, chains - 1) & 1))
		return tare__reading_refuse(reading, "the last chain of the GNU hash table does not end");
	return TARE_OK;
}

/* One list of versions: what is needed, or what is defined. Each names its next by a distance. */
struct version_list {
	const char *what;
	uint64_t head;       /* bytes of one, and of one of its names */
	uint64_t name;
	uint64_t largest;    /* version number seen */
	uint64_t names;      /* seen: no more than there are strings */
};

/* Names of one version, the first one at `at`. */
static int check_names(struct tare_reading *reading, const struct tare_dynamic *dynamic, struct version_list *list,
	uint64_t at, uint32_t count, bool needed)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *name = tare__reading_loaded(reading, at, list->name);
		uint64_t next;

		if (!name || ++list->names > dynamic->strings_size || word_at(name, needed ? 2 : 0) >= dynamic->strings_size)
			return tare__reading_refuse(reading, "a name of the %s versions lies outside", list->what);
		if (needed && (word_at(name, 1) >> 16 & 0x7FFF) > list->largest)
			list->largest = word_at(name, 1) >> 16 & 0x7FFF;
		next = word_at(name, needed ? 3 : 1);
		if (next == 0 && i + 1 < count)
			return tare__reading_refuse(reading, "the names of the %s versions end early", list->what);
		at += next;
	}
	return TARE_OK;
}

static int check_list(struct tare_reading *reading, const struct tare_dynamic *dynamic, struct version_list *list,
	uint64_t at, uint64_t count, bool needed)
{
	if (count > dynamic->strings_size)
		return tare__reading_refuse(reading, "%llu %s versions", (unsigned long long)count, list->what);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *version = tare__reading_loaded(reading, at, list->head);
		uint32_t names, next;
		int status;

		if (!version)
			return tare__reading_refuse(reading, "the %s versions are not loaded whole", list->what);
		if (needed && word_at(version, 1) >= dynamic->strings_size)
			return tare__reading_refuse(reading, "a file of the needed versions has its name outside");
		names = needed ? word_at(version, 0) >> 16 : word_at(version, 1) >> 16;
		next = word_at(version, needed ? 3 : 4);
		if (!needed && (word_at(version, 1) & 0x7FFF) > list->largest)
			list->largest = word_at(version, 1) & 0x7FFF;
		status = check_names(reading, dynamic, list, at + word_at(version, needed ? 2 : 3), names, needed);
		if (status != TARE_OK)
			return status;
		if (next == 0 && i + 1 < count)
			return tare__reading_refuse(reading, "the %s versions end early", list->what);
		at += next;
	}
	return TARE_OK;
}

int tare__dynamic_check_versions(struct tare_reading *reading, const struct tare_dynamic *dynamic)
{
	struct version_list needed = { "needed", 16, 16, 1, 0 }, defined = { "defined", 20, 8, 1, 0 };
	uint64_t largest;
	const uint8_t *numbers;
	int status = TARE_OK;

	if (tare__has(dynamic, TAG_VERNEED))
		status = check_list(reading, dynamic, &needed, dynamic->value[TAG_VERNEED], dynamic->value[TAG_VERNEEDNUM], true);
	if (status == TARE_OK && tare__has(dynamic, TAG_VERDEF))
		status = check_list(reading, dynamic, &defined, dynamic->value[TAG_VERDEF], dynamic->value[TAG_VERDEFNUM], false);
	if (status != TARE_OK || !tare__has(dynamic, TAG_VERSYM))
		return status;
	largest = needed.largest > defined.largest ? needed.largest : defined.largest;
	numbers = tare__reading_loaded(reading, dynamic->value[TAG_VERSYM], 2 * dynamic->symbol_count);
	if (!numbers)
		return tare__reading_refuse(reading, "the versions of the symbols are not loaded whole");
	for (uint64_t i = 0; i < dynamic->symbol_count; i++)
		if ((uint64_t)(numbers[2 * i] | (numbers[2 * i + 1] & 0x7F) << 8) > largest)
			return tare__reading_refuse(reading, "symbol %llu has a version that there is not", (unsigned long long)i);
	return TARE_OK;
}
