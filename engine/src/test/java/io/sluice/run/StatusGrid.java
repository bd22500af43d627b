package io.sluice.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** An expected table as it is written: a line per status, a column per verb or ending, a dash where it is refused. */
record StatusGrid(List<String> columns, List<Cell> all) {

    /** What is expected of one column in one status. */
    record Cell(String column, RunStatus status, Optional<RunStatus> target) {

        @Override
        public String toString() {
            return column + " in " + status + ": " + target.map(Enum::name).orElse("refused");
        }
    }

    static StatusGrid of(String table) {
        List<List<String>> lines = table.lines()
                .map(line -> Stream.of(line.split("\\|")).map(String::strip).toList())
                .toList();
        List<String> columns = lines.get(0).subList(1, lines.get(0).size());
        List<Cell> cells = new ArrayList<>();
        for (List<String> line : lines.subList(1, lines.size())) {
            for (int i = 0; i < columns.size(); i++) {
                String target = line.get(i + 1);
                cells.add(new Cell(
                        columns.get(i),
                        RunStatus.valueOf(line.get(0)),
                        target.equals("-") ? Optional.empty() : Optional.of(RunStatus.valueOf(target))));
            }
        }
        return new StatusGrid(columns, cells);
    }

    List<String> rows() {
        return all.stream().map(cell -> cell.status().name()).distinct().toList();
    }

    Stream<Cell> cells() {
        return all.stream();
    }
}
