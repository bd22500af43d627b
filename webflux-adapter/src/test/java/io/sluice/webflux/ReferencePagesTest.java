package io.sluice.webflux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The pages that list properties and routes list all of them, with the defaults that the metadata has. */
class ReferencePagesTest {

    private static final Path DOCS = ListedRoutes.DOCS;

    @Test
    void everyPropertyIsListedWithItsDefault() throws IOException {
        String page = Files.readString(DOCS.resolve("reference/spring-properties.md"));

        for (JsonNode property : metadata().path("properties")) {
            String name = property.path("name").asString();
            if (!name.startsWith("sluice.")) {
                continue; // of the actuator, about its endpoint
            }
            assertThat(property.path("description").asString(""))
                    .as("description of " + name)
                    .isNotBlank();
            String row = page.lines()
                    .filter(it -> it.startsWith("| `" + name + "`"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("not listed: " + name));
            JsonNode value = property.path("defaultValue");
            if (!value.isMissingNode() && !value.isContainer()) {
                assertThat(row).contains("| " + value.asString() + " |");
            }
        }
    }

    @Test
    void nothingIsListedThatThereIsNot() throws IOException {
        Set<String> names = metadata()
                .path("properties")
                .valueStream()
                .map(it -> it.path("name").asString())
                .collect(Collectors.toSet());

        List<String> listed = Pattern.compile("(?m)^\\| `(sluice[a-z.-]*)` ")
                .matcher(Files.readString(DOCS.resolve("reference/spring-properties.md")))
                .results()
                .map(it -> it.group(1))
                .toList();

        assertThat(names).containsAll(listed);
    }

    @Test
    void theRoutesThatAreListedAreThoseThatThereAre() throws Exception {
        Set<String> routes = new TreeSet<>();
        for (String name : List.of("Runs", "Groups", "Control", "Info", "Events", "Progress")) {
            Class<?> controller = Class.forName("io.sluice.webflux.api." + name + "Controller");
            String base = mapping(controller).path()[0].replace("${sluice.web.base-path:/sluice}", "");
            for (var method : controller.getDeclaredMethods()) {
                RequestMapping mapping = AnnotatedElementUtils.findMergedAnnotation(method, RequestMapping.class);
                if (mapping != null) {
                    for (RequestMethod verb : mapping.method()) {
                        routes.add(verb + " " + base + (mapping.path().length == 0 ? "" : mapping.path()[0]));
                    }
                }
            }
        }
        assertThat(ListedRoutes.all()).isEqualTo(routes);
    }

    private static RequestMapping mapping(Class<?> controller) {
        return Objects.requireNonNull(AnnotatedElementUtils.findMergedAnnotation(controller, RequestMapping.class));
    }

    private static JsonNode metadata() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                SluiceProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json"))) {
            return JsonMapper.builder().build().readTree(in.readAllBytes());
        }
    }
}
