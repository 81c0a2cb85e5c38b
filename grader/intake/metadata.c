/* Gradescope's submission_metadata.yml, read with libyaml. */
#include "intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* The value of `key` in a mapping; keys come as `name` or as `:name`, as Ruby writes symbols. */
static yaml_node_t *look_up(yaml_document_t *document, yaml_node_t *node, const char *key)
{
    if (!node || node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(document, pair->key);
        const char *text = name->type == YAML_SCALAR_NODE ? (const char *)name->data.scalar.value : "";

        if (strcmp(text[0] == ':' ? text + 1 : text, key) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static const char *text_of(yaml_document_t *document, yaml_node_t *node, const char *key)
{
    const yaml_node_t *value = look_up(document, node, key);

    return value && value->type == YAML_SCALAR_NODE ? (const char *)value->data.scalar.value : "";
}

/* 2026-11-20 17:03:22.1 Z as the number 20261120170322, which grows with time as well. */
static json_int_t time_of(const char *text)
{
    json_int_t time = 0;
    int digits = 0;

    for (; *text && digits < 14; text++)
        if (*text >= '0' && *text <= '9') {
            time = 10 * time + (*text - '0');
            digits++;
        }
    return time;
}

static json_t *people_of(yaml_document_t *document, yaml_node_t *submission)
{
    yaml_node_t *submitters = look_up(document, submission, "submitters");
    json_int_t time = time_of(text_of(document, submission, "created_at"));
    json_t *people = json_array();

    if (!submitters || submitters->type != YAML_SEQUENCE_NODE)
        return people;
    for (yaml_node_item_t *item = submitters->data.sequence.items.start; item < submitters->data.sequence.items.top;
         item++) {
        yaml_node_t *person = yaml_document_get_node(document, *item);
        const char *id = text_of(document, person, "sid");

        json_array_append_new(people, json_pack("{s:s, s:s, s:s, s:I}", "name", text_of(document, person, "name"), "id",
                                                id, "email", text_of(document, person, "email"), "time", time));
    }
    return people;
}

static json_t *read_document(yaml_document_t *document)
{
    yaml_node_t *root = yaml_document_get_root_node(document);
    json_t *all = json_object();

    if (!root || root->type != YAML_MAPPING_NODE)
        return all;
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(document, pair->key);

        if (name->type == YAML_SCALAR_NODE)
            json_object_set_new(all, (const char *)name->data.scalar.value,
                                people_of(document, yaml_document_get_node(document, pair->value)));
    }
    return all;
}

json_t *read_metadata(const char *folder)
{
    char *path = format("%s/submission_metadata.yml", folder);
    FILE *file = fopen(path, "r");
    yaml_parser_t parser;
    yaml_document_t document;
    json_t *all = NULL;

    free(path);
    if (!file)
        return NULL;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, file);
    if (yaml_parser_load(&parser, &document)) {
        all = read_document(&document);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    fclose(file);
    return all;
}
