/* Fills an index from a folder and asks it a question.
 *
 *   cc notes.c $(pkg-config --cflags --libs tandem) -o notes && ./notes notes.db ~/notes "which
 *   key?"
 */
#include <tandem/tandem.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    tandem_error error = {0};
    tandem_index *index = NULL;
    tandem_job *job = NULL;
    tandem_hits *hits = NULL;
    tandem_summary summary;
    const char *sources[] = {argc == 4 ? argv[2] : "."};
    const char *question = argc == 4 ? argv[3] : "what is this?";
    size_t n = 0;

    if (tandem_index_open(argc == 4 ? argv[1] : "notes.db", NULL, &index, &error) ||
        tandem_job_open(index, sources, 1, NULL, &job, &error) ||
        tandem_job_get_summary(job, &summary, &error) ||
        tandem_index_search(index, (tandem_str){question, strlen(question)}, NULL, &hits, &error)) {
        fprintf(stderr, "%s\n", error.message);
    } else {
        const tandem_hit *hit = tandem_hits_get(hits, &n);
        for (size_t i = 0; i < n; i++)
            printf("%u %.*s:%u\n", hit[i].rank, (int)hit[i].path.n, hit[i].path.ptr,
                   hit[i].start_line);
    }
    tandem_hits_free(hits);
    tandem_job_close(job);
    tandem_index_close(index);
    return tandem_code_exit(error.code);
}
