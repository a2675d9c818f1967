/** @file A small general set: 100 short questions with the words that a right answer holds, and plain prose. None is trained on. */

const questions = `What is the capital of France?|paris
What is the capital of Germany?|berlin
What is the capital of Spain?|madrid
What is the capital of Japan?|tokyo
What is the capital of Egypt?|cairo
What is the capital of Russia?|moscow
What is the capital of China?|beijing
What is the capital of England?|london
What is the capital of Canada?|ottawa
What is the capital of Greece?|athens
What is 2 plus 2?|4|four
What is 3 plus 4?|7|seven
What is 10 minus 4?|6|six
What is 5 times 2?|10|ten
What is 9 plus 1?|10|ten
What is 6 times 3?|18|eighteen
What is 20 divided by 4?|5|five
What is 8 minus 5?|3|three
What is 100 divided by 10?|10|ten
What is 4 times 4?|16|sixteen
Is water wet? Answer yes or no.|yes
Is fire cold? Answer yes or no.|no
Can birds fly? Answer yes or no.|yes
Is a dog an animal? Answer yes or no.|yes
Is the sun a star? Answer yes or no.|yes
Is ice warm? Answer yes or no.|no
Do fish live in water? Answer yes or no.|yes
Is a car a fruit? Answer yes or no.|no
Is the moon bigger than the earth? Answer yes or no.|no
Is snow white? Answer yes or no.|yes
What color is grass?|green
What color is a ripe banana?|yellow
What color is snow?|white
What color is coal?|black
What color is blood?|red
What color do you get from red and white?|pink
What color is an orange?|orange
What color is chocolate?|brown
What is the color of the sky on a clear day?|blue
What color is a fire engine?|red
What is the opposite of big?|small|little
What is the opposite of up?|down
What is the opposite of day?|night
What is the opposite of black?|white
What is the opposite of fast?|slow
What is the opposite of old?|young|new
What is the opposite of left?|right
What is the opposite of open?|close
What is the opposite of rich?|poor
What is the opposite of dry?|wet
Which animal says meow?|cat
Which animal barks?|dog
Which animal gives us milk?|cow
Which animal has a trunk?|elephant
Which animal has black and white stripes?|zebra
Which animal has a very long neck?|giraffe
Which animal is the king of the jungle?|lion
Which insect makes honey?|bee
Which animal lays eggs on a farm?|chicken|hen
Which large animal lives in the ocean and is a mammal?|whale|dolphin
How many months are in a year?|12|twelve
How many hours are in a day?|24|twenty-four
How many minutes are in an hour?|60|sixty
How many legs does a dog have?|4|four
How many wheels does a bicycle have?|2|two
How many sides does a triangle have?|3|three
How many sides does a square have?|4|four
How many letters are in the English alphabet?|26|twenty-six
How many fingers are on one hand?|5|five
How many eyes does a person have?|2|two
Which planet do we live on?|earth
Which planet is called the red planet?|mars
Which planet is the largest?|jupiter
Which planet has large rings?|saturn
What does the earth go around?|sun
What is frozen water called?|ice
What gas do we breathe in to live?|oxygen
What is H2O?|water
What force pulls things to the ground?|gravity
What do plants need from the sun?|light|energy
Who wrote "Hamlet"?|shakespeare
Who painted the Mona Lisa?|leonardo|vinci
Who was the first president of the United States?|washington
Who discovered gravity when an apple fell?|newton
Who developed the theory of relativity?|einstein
In which country is the Eiffel Tower?|france
In which country are the pyramids of Giza?|egypt
In which country is the Great Wall?|china
On which continent is Kenya?|africa
On which continent is France?|europe
What do you use to write on paper?|pen|pencil
What do you wear on your feet?|shoes|socks
What do you use to cut paper?|scissors
What do you open with a key?|door|lock
What do you read in a library?|book
What day comes after Monday?|tuesday
What day comes before Sunday?|saturday
What month comes after March?|april
What season comes after winter?|spring
What meal do people eat in the morning?|breakfast`;

export const generalQuestions = questions.split('\n').map((line) => {
  const [question, ...answers] = line.split('|') as [string, ...string[]];
  return { question, answers };
});

export const isRight = (answers: readonly string[], text: string): boolean =>
  answers.some((answer) => new RegExp(`\\b${answer}`, 'i').test(text));

export const prose: readonly string[] = [
  'The old bridge crosses the river at its narrowest point. Farmers used it for two hundred years to bring their sheep to the market on the other side, and today it is open to walkers only.',
  'To bake a simple bread, mix flour, water, yeast and a little salt. Knead the dough until it is smooth, let it rise in a warm place for an hour, and bake it until the crust is brown.',
  'Rain falls when drops of water in a cloud become too heavy to float. The water runs into streams and rivers, reaches the sea, and rises again as vapor when the sun warms the surface.',
  'She opened the window and looked at the garden. The apple tree had lost its last leaves during the night, and a thin layer of frost covered the grass.',
  'A good index makes a book useful. Readers who look for a single fact do not want to read every chapter, and a list of words with page numbers takes them to the right place.',
  'The team met every Tuesday to talk about what had gone well and what had not. Small problems were solved at once, and larger ones were written on a board for the next week.',
  'Bicycles became popular at the end of the nineteenth century, when air filled tires made them comfortable. They gave many people the freedom to travel to the next town for work.',
  'The library closes at six in the evening. Books can be returned at any time through the slot beside the main door, and fines are charged for each day that a book is late.',
];
